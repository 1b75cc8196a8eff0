"""Ingest against the article's loop, and against what the machine could do at most."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.pictures import CAMERA, SHOP, SMALL, Kind, folder_of, mean_kilobytes
from benchmarks.report import Claim, Report, cores
from benchmarks.vit import BATCH_OF_1, FREE_BATCH, model_folder
from benchmarks.work import empty_folder, measure

ARTICLE, FP32, FIXED, INT8 = "article's loop", "Musaic fp32", "Musaic fp32, model of batch 1", "Musaic int8"
_SHOWN = 4


@dataclass(frozen=True)
class Plan:
    """How much is measured, and what is promised."""

    kind: Kind
    pictures: int
    rounds: int
    fp32: float
    int8: float = 7.0
    bound: float = 0.9


Outcome = dict[str, object]


def shop(quick: bool) -> Report:
    """1 MP pictures, as of a shop."""
    return _report(Plan(SHOP, 32 if quick else 320, 1 if quick else 3, fp32=3.5))


def camera(quick: bool) -> Report:
    """12 MP pictures, as of a camera."""
    return _report(Plan(CAMERA, 16 if quick else 96, 1 if quick else 3, fp32=4.5))


def _report(plan: Plan) -> Report:
    pictures = folder_of(plan.kind, plan.pictures)
    sides = _sides(pictures, folder_of(SMALL, 1))
    model_folder(FREE_BATCH)
    sides[INT8]()  # makes the int8 graph, once
    runs: dict[str, list[Outcome]] = {name: [] for name in sides}
    costs: list[dict[str, dict[str, float]]] = []
    for number in range(plan.rounds):
        names = list(sides)
        # Each round starts with another side, so that none is always the first.
        for name in names[number % len(names) :] + names[: number % len(names)]:
            runs[name].append(sides[name]())
        costs.append(_costs(pictures))
    return _written(plan, pictures, runs, costs)


def _sides(pictures: Path, warm: Path) -> dict[str, Callable[[], Outcome]]:
    def article() -> Outcome:
        return measure("article", pictures=pictures, warm=warm, folder=empty_folder("article"))

    def musaic(layout: str, precision: str) -> Callable[[], Outcome]:
        def ingest() -> Outcome:
            folder = empty_folder(f"musaic-{precision}")
            model = model_folder(layout)
            return measure(
                "musaic_side", pictures=pictures, folder=folder, model=model, warm=warm, precision=precision,
                vectors=_SHOWN,
            )  # fmt: skip

        return ingest

    return {
        ARTICLE: article,
        FP32: musaic(FREE_BATCH, "fp32"),
        FIXED: musaic(BATCH_OF_1, "fp32"),
        INT8: musaic(FREE_BATCH, "int8"),
    }


def _costs(pictures: Path) -> dict[str, dict[str, float]]:
    model = model_folder(FREE_BATCH)
    return {
        FP32: measure("parts", pictures=pictures, model=model, precision="fp32", most=48),
        INT8: measure("parts", pictures=pictures, model=model, precision="int8", most=48),
    }


def _written(
    plan: Plan, pictures: Path, runs: dict[str, list[Outcome]], costs: list[dict[str, dict[str, float]]]
) -> Report:
    rates = {name: [_rate(outcome) for outcome in outcomes] for name, outcomes in runs.items()}
    least = {
        side: {part: min(each[side][part] for each in costs) for part in costs[0][side]} for side in costs[0]
    }
    bounds = {side: cores() * 1000 / (parts["decode"] + parts["encode"]) for side, parts in least.items()}
    rows = [_row(name, rates, runs[name], bounds.get(name)) for name in rates]
    times = {name: max(rates[name]) / max(rates[ARTICLE]) for name in rates}
    kind = plan.kind
    return Report(
        f"Ingest of {kind.width * kind.height / 1e6:.0f} MP JPEGs, ViT-B/32 shape, against the article's loop",
        f"{len(list(pictures.glob('*.jpg')))} files of {mean_kilobytes(pictures):.0f} kB, one process a run, "
        f"{plan.rounds} round(s) that take turns; best of them. Model, collection and one picture are ready before "
        "the clock starts. The article's loop: PIL decodes in full, torch encodes one picture a call, one insert at "
        "the end. Musaic also hashes, writes thumbnails and keeps a ledger. Bound: cores ÷ (decode CPU + encode CPU) "
        "of a picture, by Musaic's own functions on one thread (decode: open_picture, its hash with it, and prepare). "
        f"Both sides' fp32 vectors of a picture: cosine {_agreement(runs):.6f} or more. {_words(least)}",
        ("side", "pictures/s", "all rounds", "CPU ms each", "× article", "lowest round", "of the bound"),
        rows,
        (
            Claim(f"{kind.name} fp32 × article", times[FP32], ">=", plan.fp32),
            Claim(f"{kind.name} fp32, rate ÷ bound", max(rates[FP32]) / bounds[FP32], ">=", plan.bound),
            Claim(f"{kind.name} int8 × article", times[INT8], ">=", plan.int8),
        ),
    )


def _row(name: str, rates: dict[str, list[float]], outcomes: list[Outcome], bound: float | None) -> list[str]:
    best, cpu = max(rates[name]), min(1000 * o["cpu_s"] / o["pictures"] for o in outcomes)
    lowest = min(rate / loop for rate, loop in zip(rates[name], rates[ARTICLE], strict=True))
    return [
        name, f"{best:.1f}", " ".join(f"{rate:.1f}" for rate in rates[name]), f"{cpu:.1f}",
        f"{best / max(rates[ARTICLE]):.2f}", f"{lowest:.2f}", f"{best / bound:.2f} of {bound:.1f}" if bound else "",
    ]  # fmt: skip


def _rate(outcome: Outcome) -> float:
    return outcome["pictures"] / outcome["wall_s"]


def _agreement(runs: dict[str, list[Outcome]]) -> float:
    """Return the lowest cosine between both sides' vectors of one picture: they did the same work."""
    loop, ours = (np.array(runs[name][0]["vectors"]) for name in (ARTICLE, FP32))
    return float((loop * ours).sum(1).min())


def _words(costs: dict[str, dict[str, float]]) -> str:
    named = {side: ", ".join(f"{part} {ms:.1f}" for part, ms in each.items()) for side, each in costs.items()}
    return f"CPU ms of a picture, {'; '.join(f'{side}: {parts}' for side, parts in named.items())}."
