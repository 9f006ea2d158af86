"""Each of these mistakes in models/vae.py must make a test fail: a suite that stays green over them tests nothing.

The tests run in processes forked from one that has imported the slow libraries, but not the package.
"""
import contextlib
import io
import multiprocessing
import os
import shutil
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
SLOW = ["torch", "torch.distributed.tensor", "scipy.stats", "scipy.linalg", "sklearn.datasets", "matplotlib.figure",
        "matplotlib.backends.backend_agg", "ipywidgets", "wigglystuff", "jupyterquiz", "tqdm.auto", "IPython.display",
        "PIL.Image", "pytest"]
MUTATIONS = {
    "KL: factor ½ dropped": ("return 0.5 * (mu.square()", "return (mu.square()"),
    "KL: sign": ("return 0.5 * (mu.square()", "return -0.5 * (mu.square()"),
    "KL: σ for σ²": ("(2 * log_sigma).exp() - 1", "log_sigma.exp() - 1"),
    "KL: log σ for log σ²": ("- 1 - 2 * log_sigma)", "- 1 - log_sigma)"),
    "KL: averaged over the dimensions": ("kl_to_standard_normal(mu, log_sigma).sum(1)", "kl_to_standard_normal(mu, log_sigma).mean(1)"),
    "ELBO: the KL is added": ("return reconstruction - kl", "return reconstruction + kl"),
    "z: log σ for σ": ("log_sigma.exp() * torch.randn_like(mu)", "log_sigma * torch.randn_like(mu)"),
    "z: no noise": ("mu + log_sigma.exp() * torch.randn_like(mu)", "mu"),
    "bins: upper edge at the level": ("(x + 0.5 - location)", "(x - location)"),
    "bins: lower edge at the level": ("(x - 0.5 - location)", "(x - location)"),
    "bins: the last does not reach to ∞": (".masked_fill(x > LEVELS - 1.5, 1.0)", ""),
    "bins: the first does not reach to −∞": (".masked_fill(x < 0.5, 0.0)", ""),
    "likelihood: 1/scale inverted": ("(-self.log_scale).exp()", "self.log_scale.exp()"),
    "likelihood: averaged over the pixels": (".clamp_min(1e-12).log().sum(1)", ".clamp_min(1e-12).log().mean(1)"),
    "encode: another range": ("/ (LEVELS - 1) * 2 - 1", "/ (LEVELS - 1)"),
    "decode: twice the scale": ("/ 2 * (LEVELS - 1)).view", "* (LEVELS - 1)).view"),
    "weights: sign of the prior": ("(eps.square() - z.square())", "(eps.square() + z.square())"),
    "weights: log σ dropped": ("(eps.square() - z.square()) + log_sigma)", "(eps.square() - z.square()))"),
    "weights: log σ for σ": ("z = mu + log_sigma.exp() * eps", "z = mu + log_sigma * eps"),
    "weights: images in another order": ("x.repeat(k, 1, 1, 1)", "x.repeat_interleave(k, 0)"),
    "loss: β on the reconstruction": ("(beta * kl - reconstruction)", "(kl - beta * reconstruction)"),
    "sample: no noise in the pixels": ("self.log_scale.exp() * torch.logit(u)", "0 * torch.logit(u)"),
    "sample: one noise for all pixels": ("torch.rand(location.shape, gen", "torch.rand(len(location), 1, gen"),
    "sample: z is not drawn": ("torch.randn(n, self.latent, generator=generator)", "torch.zeros(n, self.latent)"),
    "sample: truncated levels": ("x.round().clamp(0,", "x.floor().clamp(0,"),
    "autoencoder: averaged over the pixels": (".square().flatten(1).sum(1).mean()", ".square().mean()"),
}


def run_tests(copy: str) -> tuple:
    """Return pytest's exit status over the VAE's tests with this copy of the package, and what it printed."""
    assert not any(name.split(".")[0] == "lecture_utils" for name in sys.modules), "the package was there already"
    os.environ["LECTURE_COPY"] = copy  # conftest.py refuses to go on with any other
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    sys.path.insert(0, copy)
    sys.dont_write_bytecode = True
    with contextlib.redirect_stdout(io.StringIO()) as out:
        # The Fréchet distance knows no VAE: without its tests each run is about the mutation.
        status = pytest.main(["-x", "-q", "--tb=line", "-k", "not frechet", "-p", "no:cacheprovider",
                              "-p", "no:unraisableexception", str(HERE / "test_vae.py"),
                              str(HERE / "test_metrics.py")])
    return int(status), out.getvalue()


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    """Every mutation's (exit status, output), and that of the copy without one under None; two run at a time."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(SLOW)
    with ProcessPoolExecutor(2, mp_context=context, max_tasks_per_child=1) as pool:
        running = {}
        for name, (old, new) in {None: ("", ""), **MUTATIONS}.items():
            copy = tmp_path_factory.mktemp("copy")
            shutil.copytree(HERE.parent / "lecture_utils", copy / "lecture_utils",
                            ignore=shutil.ignore_patterns("__pycache__"))
            source = copy / "lecture_utils" / "models" / "vae.py"
            text = source.read_text(encoding="utf-8")
            source.write_text(text.replace(old, new) if old else text, encoding="utf-8")
            running[name] = pool.submit(run_tests, str(copy))
        return {name: future.result() for name, future in running.items()}


def test_the_copy_without_a_mutation_passes(outcomes):
    status, output = outcomes[None]
    assert status == 0, output


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_mutation_still_has_its_one_place(name):
    text = (HERE.parent / "lecture_utils" / "models" / "vae.py").read_text(encoding="utf-8")
    assert text.count(MUTATIONS[name][0]) == 1, "models/vae.py has changed: mend this mutation"


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_mutation_makes_a_test_fail(outcomes, name):
    status, output = outcomes[name]
    assert status == 1, output  # 1: a test failed; anything else is a mutation that does not even run
