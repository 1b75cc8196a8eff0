"""Making: a plan, pictures, and going on from a picture."""

import os
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import JsonValue

from musaic.errors import (
    ConfigError,
    ExportError,
    ExtraMissingError,
    InvalidArgumentError,
    LibraryError,
    PlanError,
    UnknownPriceError,
)
from musaic.library.base import is_text
from musaic.library.records import RecordsLibrary
from musaic.schemas import Brief, Generation, Hit, ImageModel, Plan, Record, Sent

if TYPE_CHECKING:
    from musaic.making import Limits, Signer

_MOST_COLUMNS = 12


class MakingLibrary(RecordsLibrary):
    """A library that makes pictures."""

    def plan(self, brief: Brief) -> Plan:
        """Return what would be sent for a brief, and what it costs at most; nothing is sent.

        Engine and model are the settings' (``Library.open(generate={"engine": …, "model": …})``).

        Raises:
            PlanError: A role is missing, or the model has no such ratio or size.
            UnknownEngineError: The engine does not exist. One that is not configured is a note: making needs it.
            RetiredModelError: The model was switched off.
        """
        from musaic.generate.tables import find_recipe
        from musaic.plan import make_plan

        model = self._image_model()
        return self._warned(
            make_plan(brief, recipe=find_recipe(brief.recipe, self.recipes()), model=model), model
        )

    def plan_refinement(
        self,
        generation: str,
        text: str,
        *,
        ratio: str | None = None,
        size: str | None = None,
        variants: int = 1,
    ) -> Plan:
        """Return what would be sent to change an earlier picture as `text` says.

        The model that made it goes on with its conversation, where its engine keeps one and it still fits into a
        request; another is given the picture with the references it was made from. A picture that never came is asked
        for again. Engine and model are those that made it, whatever the settings say, unless others were named in
        `Library.open`.

        Args:
            generation: Its id.
            text: What to change.
            ratio: By default the picture's own.
            size: The same.
            variants: How many.

        Raises:
            UnknownGenerationError: No record has this id.
            PlanError: The model has no such ratio or size, or takes no references.
            RetiredModelError: The model was switched off.
        """
        from musaic.library.refine import Surroundings, plan_refinement

        parent = self.record(generation)
        model = self._image_model(parent)
        planned = plan_refinement(
            parent,
            text,
            among=Surroundings(
                self.folder,
                ledger=self._ledger,
                recipes=self.recipes(),
                model=model,
                inline_bytes=self._inline_bytes(model),
            ),
            ratio=ratio,
            size=size,
            variants=variants,
        )
        planned = self._warned(planned, model)
        if planned.engine != "moodboard":
            return planned
        note = (
            "the moodboard lays the references out anew; to carry out a change takes a generating engine: "
            "generate={'engine': 'gemini'}"
        )
        return planned.model_copy(update={"notes": (*planned.notes, note)})

    def make(
        self,
        plan: Plan,
        *,
        max_cost_usd: float | None = None,
        allow_unknown_price: bool = False,
        out: Path | str | None = None,
        stop: threading.Event | None = None,
        on_done: Callable[[Generation], None] | None = None,
    ) -> list[Generation]:
        """Make a plan's pictures; return what came of each, in the plan's order.

        Args:
            plan: From `plan` or `plan_refinement`.
            max_cost_usd: Most that these may cost together; by default the setting's.
            allow_unknown_price: Whether to send requests whose cost nobody can bound.
            out: A folder for copies to hand on.
            stop: Set it to end early: what was sent is waited for, the rest is cancelled.
            on_done: Told of each picture as it ends, in another thread.

        Raises:
            BudgetError: It could cost more than `max_cost_usd`, or than is left of the monthly budget.
            UnknownPriceError: The cost cannot be bounded, and that was not allowed or a limit is set.
            UnknownEngineError: The engine is not configured.
            PlanError: A reference is gone.
            MediaError: A reference cannot be read.
            ExportError: `out` is no folder that can be written.
            LibraryError: The library folder cannot be written, or its name cannot be recorded.
            KeyboardInterrupt: One came: nothing was waited for, what was in flight is recorded as possibly billed.
        """
        from musaic.generate.engines import open_engine
        from musaic.making import Making

        target = None if out is None else _target(out)
        if not is_text(str(self.folder)):
            raise LibraryError(
                f"the folder {str(self.folder)!a} has a name that is not valid UTF-8, so nothing made there can be "
                "recorded; rename it"
            )
        self._ledger.check_writable()
        self.check_engine(plan)
        limits = self._limits(max_cost_usd)
        signer = self._signer()
        self._recover()
        _check_price(plan, limits, allowed=allow_unknown_price)
        models = self._models()
        model = models.get(plan.model) or ImageModel(id=plan.model, engine=plan.engine)
        turns, earlier = self._conversation(plan, model)
        plan = self._found_again(plan)
        making = Making(
            self.folder,
            ledger=self._ledger,
            engine=open_engine(plan.engine, self.settings.generate, models),
            model=model,
            limits=limits,
            turns=turns,
            earlier=earlier,
            stop=stop,
            out=target,
            signer=signer,
            on_done=on_done,
        )
        try:
            made = making.run(plan)
        except Exception:
            self._encode_made()
            raise
        # Not after KeyboardInterrupt: the next command encodes what came.
        self._encode_made()
        return made

    def generate(
        self,
        prompt: str,
        *,
        find: Iterable[str] | str = (),
        refs: Iterable[str | Path] | str | Path = (),
        recipe: str = "promo",
        ratios: Iterable[str] | str = (),
        size: str | None = None,
        variants: int = 1,
        vary: Mapping[str, Iterable[str] | str] | None = None,
        max_cost_usd: float | None = None,
        out: Path | str | None = None,
    ) -> list[Generation]:
        """Find references, plan, and make: `brief`, `plan` and `make` in one call."""
        brief = self.brief(
            prompt,
            find=find,
            refs=refs,
            recipe=recipe,
            ratios=ratios,
            size=size,
            variants=variants,
            vary=vary,
        )
        return self.make(self.plan(brief), max_cost_usd=max_cost_usd, out=out)

    def refine(self, generation: str, text: str, *, max_cost_usd: float | None = None) -> list[Generation]:
        """Change an earlier picture: `plan_refinement` and `make` in one call."""
        return self.make(self.plan_refinement(generation, text), max_cost_usd=max_cost_usd)

    # --- engine, model, limits ------------------------------------------------------------------------
    def _image_model(self, parent: Record | None = None) -> ImageModel:
        """Return the model that is named, or that made an earlier picture, or else the engine's default."""
        from musaic.library.choosing import choose_model

        wanted = self.settings.generate
        return choose_model(wanted, self._models(), parent=parent, by_hand=self._by_hand)

    def _inline_bytes(self, model: ImageModel) -> int | None:
        """Return the most bytes that one picture of a conversation may have; the Developer API bounds only the sum."""
        return model.reference_bytes if self.settings.generate.gemini.vertex else None

    def _warned(self, plan: Plan, model: ImageModel) -> Plan:
        from musaic.generate.engines import engine_notes, size_notes
        from musaic.generate.tables import model_warnings

        notes = (*model_warnings(model, self._models()), *plan.notes, *size_notes(plan))
        lacking = engine_notes(plan.engine, self.settings.generate, parent=self._made_by_same(plan))
        return plan.model_copy(update={"notes": (*notes, *self._draft_notes(plan), *lacking)})

    def _draft_notes(self, plan: Plan) -> Iterator[str]:
        """Yield which references are drafts, where a model would take their lettering and layout for the product."""
        from musaic.library.choosing import DRAFTING

        for each in plan.references if plan.engine != DRAFTING else ():
            makers = [self._ledger.latest(maker) for maker in self._ledger.makers_of(each.asset_id)]
            if any(maker is not None and maker.engine == DRAFTING for maker in makers):
                yield (
                    f"image {each.number} is a draft: its palette and lettering go along; name the pictures it was "
                    "made from instead, or go on from it with `musaic refine`"
                )

    def check_engine(self, plan: Plan) -> None:
        """Refuse a plan whose engine cannot be asked now: `make` does so first, and a plan can be had without.

        Raises:
            UnknownEngineError: It is not configured; the message says how to.
            ExtraMissingError: It needs an optional package.
        """
        from musaic.generate.engines import check_engine

        check_engine(plan.engine, self.settings.generate, parent=self._made_by_same(plan))

    def check_references(self, plan: Plan) -> None:
        """Refuse a plan whose references could not be sent: `make` does so first, and a plan can be had without.

        Raises:
            PlanError: A reference is gone.
            MediaError: A reference is no picture, or cannot be read.
        """
        from musaic.making.attach import attach

        if plan.conversation:
            return  # they are in it
        model = self._models().get(plan.model) or ImageModel(id=plan.model, engine=plan.engine)
        for each in self._found_again(plan).references:
            attach([each], model=model, folder=None)  # one after the other, so that only one is in memory

    def _made_by_same(self, plan: Plan) -> str | None:
        """Return the picture that a plan goes on from, if the plan's engine made it."""
        parent = None if plan.parent is None else self._ledger.latest(plan.parent)
        return parent.id if parent is not None and parent.engine == plan.engine else None

    def _found_again(self, plan: Plan) -> Plan:
        """Return a plan with its references where they are now: files may have moved since it was made or recorded."""
        from musaic.library.places import found_again

        if plan.conversation:
            return plan  # they are in it
        references, notes = found_again(plan.references, ledger=self._ledger, library=self.folder)
        for note in notes:
            self._notify(note)
        return plan.model_copy(update={"references": tuple(references)})

    def _limits(self, max_cost_usd: float | None) -> "Limits":
        from musaic.making import Limits

        wanted = self.settings.generate
        if max_cost_usd is not None and not max_cost_usd >= 0:
            raise InvalidArgumentError(
                f"the most that this may cost is an amount in US dollars, and not {max_cost_usd}"
            )
        return Limits(
            concurrency=wanted.concurrency,
            attempts=wanted.attempts,
            ask_again=wanted.ask_again,
            run_usd=wanted.max_cost_usd if max_cost_usd is None else max_cost_usd,
            month_usd=wanted.monthly_budget_usd,
        )

    def _signer(self) -> "Signer | None":
        from musaic.making import Signer

        chain, key = self.settings.generate.certificate, self.settings.generate.certificate_key
        if (chain is None) != (key is None):
            raise ConfigError(
                "generate.certificate and generate.certificate_key belong together; set both or none"
            )
        if chain is None or key is None:
            return None
        # Before anything is paid for, and not after.
        if find_spec("c2pa") is None:
            raise ExtraMissingError(extra="c2pa", needed_for="signing content credentials")
        for name, path in (("certificate", chain), ("certificate_key", key)):
            if not path.is_file():
                raise ConfigError(f"generate.{name} is {path}, and there is no such file")
        return Signer(chain, key)

    def grid(
        self,
        generations: Sequence[Generation] | Generation,
        path: Path | str | None = None,
        *,
        title: str = "",
    ) -> Path:
        """Write pictures that were made as a contact sheet, with what each is a variant of; those that failed say why.

        Args:
            generations: From `make`.
            path: Where to; by default ``outputs/<run>.png`` in the library.
            title: For instance the prompt.

        Raises:
            ExportError: The file cannot be written.
        """
        from musaic.export import Tile, write_sheet

        made = [generations] if isinstance(generations, Generation) else generations
        records = [self.record(each.id) for each in made]
        several = any(record.variant > 1 for record in records)
        tiles = [
            Tile(
                None if record.path is None else Path(record.path),
                _caption(record, variants=several),
                "" if record.path is not None else record.state.replace("_", " "),
            )
            for record in records
        ]
        own = self.folder / "outputs" / f"{records[0].run}.png"
        target = own if path is None else self._sheet_target(path)
        return write_sheet(tiles, target, title=title, columns=_columns(records), notify=self._notify)

    def page(
        self,
        generation: str,
        path: Path | str | None = None,
        *,
        searches: Sequence[tuple[str, Sequence[Hit]]] = (),
    ) -> Path:
        """Write a page that shows how a picture was made; it opens from disk in a browser.

        Args:
            generation: Its id.
            path: Where to; by default ``page.html`` beside the picture.
            searches: Queries with their hits, to be shown first.

        Raises:
            UnknownGenerationError: No record has this id.
            ExportError: It cannot be written.
        """
        from musaic.export import Page, write_page

        if path is not None:
            self._check_target(path, what="a page")
            if Path(path).suffix.lower() not in (".html", ".htm"):
                raise ExportError(f"a page is HTML, so {path} should end in .html; name another file")
        record = self.record(generation)
        ids = {each.asset_id for each in record.references} | {
            hit.asset_id for _, hits in searches for hit in hits
        }
        thumbs = {asset_id: self.thumbnail(asset_id) for asset_id in ids}
        shown = Page(
            record,
            self.lineage(record.id),
            {asset_id: path for asset_id, path in thumbs.items() if path is not None},
            searches,
        )
        return write_page(shown, Path(path) if path else self.folder / "outputs" / record.id / "page.html")

    def _conversation(self, plan: Plan, model: ImageModel) -> tuple[Sequence[JsonValue], Sequence[Sent]]:
        """Return the turns that a plan goes on from, and the pictures in them."""
        from musaic.library.conversation import conversation, pictures_of

        if plan.parent is None or not plan.conversation:
            return (), ()
        parent = self.record(plan.parent)
        turns = conversation(parent, library=self.folder, model=model)
        if not turns:
            raise PlanError(f"the conversation that led to {parent.id} is not there any more; plan it again")
        return turns, pictures_of(parent)


def _target(out: Path | str) -> Path:
    """Return the folder for copies, as an absolute path that can be printed and recorded.

    Raises:
        InvalidArgumentError: It has no name.
        ExportError: Its name is not valid UTF-8.
    """
    if not str(out):
        raise InvalidArgumentError("out=... names no folder; give its path")
    target = os.path.abspath(out)  # noqa: PTH100  links stay
    if not is_text(target):
        raise ExportError(f"the name of {target!a} is not valid UTF-8; name another folder with out=...")
    return Path(target)


def _columns(records: Sequence[Record]) -> int | None:
    """Return how wide a grid of pictures is: the ratios of one picture, else the last word that varies."""
    ratios = len({record.ratio for record in records})
    last = [list(record.values.values())[-1:] for record in records]
    across = ratios if ratios > 1 else len({words[0] for words in last if words})
    return across if 1 < across <= _MOST_COLUMNS else None


def _caption(record: Record, *, variants: bool) -> str:
    """Return what a picture of a grid is: ratio, words, and which variant where there is more than one."""
    words = ", ".join([record.ratio, *record.values.values()])
    return f"{words} · variant {record.variant}" if variants else words


def _check_price(plan: Plan, limits: "Limits", *, allowed: bool) -> None:
    if plan.cost_bound_usd is not None:
        return
    limited = limits.run_usd is not None or limits.month_usd is not None
    if limited or not allowed:
        raise UnknownPriceError(model=plan.model, limited=limited)
