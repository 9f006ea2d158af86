# In tests/mistakes/models.py: the entry in TABLE after that of models/diffusion.py or the last
# of the package.

TABLE = [
    (
        "lecture_utils/models/mixture.py",
        ("test_mixture.py",),
        {
            "density: the covariance for its root": (
                "L = torch.linalg.cholesky(covs)",
                "L = covs",
            ),
            "density: factor ½ dropped": ("return -0.5 * (u.square()", "return -(u.square()"),
            "density: the determinant of the root": (
                "log_det = 2 * L.diagonal",
                "log_det = L.diagonal",
            ),
            "density: 2π once for all dimensions": (
                "x.shape[1] * math.log(2 * math.pi)",
                "math.log(2 * math.pi)",
            ),
            "density: π for 2π": ("math.log(2 * math.pi)", "math.log(math.pi)"),
            "joint: weights for their logarithms": (
                "return self.weights.log() + log_normal(",
                "return self.weights + log_normal(",
            ),
            "density: of the likeliest component": (".logsumexp(1)", ".amax(1)"),
            "density: through the probabilities": (".logsumexp(1)", ".exp().sum(1).log()"),
            "sample: components equally often": (
                "torch.multinomial(self.weights, n",
                "torch.multinomial(torch.ones_like(self.weights), n",
            ),
            "sample: the root transposed": (
                "(root @ noise[..., None])",
                "(root.mT @ noise[..., None])",
            ),
            "sample: the covariance for its root": (
                "torch.linalg.cholesky(self.covs)[k]",
                "self.covs[k]",
            ),
            "sample: noise of the global generator": (
                "self.means.shape[1], generator=generator)",
                "self.means.shape[1])",
            ),
            "sample: components of the global generator": (
                "replacement=True, generator=generator)",
                "replacement=True)",
            ),
            "sample: noise in single precision": (
                "generator=generator).to(self.means)",
                "generator=generator)",
            ),
            "sample: any number": ('        check_count(n, "n")\n', ""),
            "given: noise of 0": ("if not noise > 0", "if noise < 0"),
            "given: noise of NaN": ("if not noise > 0", "if noise <= 0"),
            "given: noise for noise² in the precision": (
                "A.T @ A / noise**2",
                "A.T @ A / noise",
            ),
            "given: noise for noise² in the mean": ("A.T @ y / noise**2", "A.T @ y / noise"),
            "given: the prior does not pull": (
                "(precisions @ self.means[..., None])[..., 0]",
                "0 * self.means",
            ),
            "given: the prior's weights": (
                "(self.weights.log() + log_y).softmax(0)",
                "self.weights",
            ),
            "given: weights of y alone": ("(self.weights.log() + log_y)", "log_y"),
            "given: factor ½ of the misfit dropped": (
                "before - 0.5 * misfit",
                "before - misfit",
            ),
            "given: the misfit without noise": (
                "((y - means @ A.T) / noise)",
                "(y - means @ A.T)",
            ),
            "given: the misfit of the prior's means": (
                "y - means @ A.T",
                "y - self.means @ A.T",
            ),
            "given: weights without the posterior": ("0.5 * misfit - after", "0.5 * misfit"),
            "given: weights without the prior's densities": (
                "log_y = before - 0.5",
                "log_y = -0.5",
            ),
            "EM: shares over the points": (".softmax(1)  # E", ".softmax(0)  # E"),
            "EM: shares without the weights": (
                "mixture.log_joint(x).softmax(1)",
                "log_normal(x, means, covs).softmax(1)",
            ),
            "EM: the nearest takes all": (
                "share = mixture.log_joint(x).softmax(1)",
                "share = (40 * mixture.log_joint(x)).softmax(1)",
            ),
            "EM: equal weights": (
                "GaussianMixture(total / n",
                "GaussianMixture(0 * total + 1 / K",
            ),
            "EM: spread around the old means": ("off = x - means[", "off = x - mixture.means["),
            "EM: spread around the middle": (
                "off = x - means[:, None]",
                "off = x - x.mean(0) + 0 * means[:, None]",
            ),
            "EM: spread by the squared shares": (
                "(share.T[..., None] * off).mT",
                "(share.T[..., None].square() * off).mT",
            ),
            "EM: unbiased covariances": (
                "/ total[:, None, None] + narrow",
                "/ (total[:, None, None] - 1) + narrow",
            ),
            "EM: no ridge": ("/ total[:, None, None] + narrow", "/ total[:, None, None]"),
            "EM: the ridge as a spread": (
                "ridge * torch.eye",
                "ridge**2 * torch.eye",
            ),
            "EM: the ridge in every place": (
                "ridge * torch.eye(x.shape[1])",
                "ridge * torch.ones(2 * [x.shape[1]])",
            ),
            "EM: another ridge": ("ridge: float = 1e-3", "ridge: float = 1e-2"),
            "EM: begins around the first points": ("x[torch.randperm(n)[:K]]", "x[:K]"),
            "EM: begins around a point twice": (
                "torch.randperm(n)[:K]",
                "torch.randint(n, (K,))",
            ),
            "EM: begins without a ridge": (
                "(x.T.cov(correction=0) + narrow)",
                "(x.T.cov(correction=0) + 0 * narrow)",
            ),
            "EM: begins narrow": (
                "(x.T.cov(correction=0) + narrow)",
                "(x.T.cov(correction=0) / 4 + narrow)",
            ),
            "EM: begins with n − 1 for n": ("cov(correction=0)", "cov()"),
            "EM: one step fewer": (
                'check_count(steps, "steps") + 1)',
                'check_count(steps, "steps"))',
            ),
            "EM: no step": ('check_count(steps, "steps")', "steps"),
            "EM: records do not know how many": ("covs, step, steps)", "covs, step)"),
            "EM: fewer points than K": ("or len(x) < check_count(K", "or 0 > check_count(K"),
            "EM: points without a shape": (".ndim != 2 or", ".ndim > 2 or"),
            "EM: images for rows": (".ndim != 2 or", ".ndim < 2 or"),
            "EM: NaN": ('check_finite(x, "x").ndim', "x.ndim"),
            "record: K for D": ("K, D = self.means.shape", "D, K = self.means.shape"),
        },
    ),
]
