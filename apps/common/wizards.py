"""The kit of every wizard: it keeps its place, goes back, checks each step, and ends with *Review + create*.

What was said so far lies in the person's sign-in session under the draft's id, which stands in the address: two tabs are
two drafts, and a reload or a closed tab loses nothing until the sign-in ends.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrPromise

from apps.common.errors import NotFoundError, RuleError
from apps.common.form_kit import answer_check, shown_value
from apps.common.http import SignedInRequest

REVIEW = "review"
MOST_DRAFTS = 5
# A session is read with every request: what no field takes anyway is not kept.
LONGEST_KEPT = 2000
MOST_KEPT = 1000
_KEY = "wizards"


class DraftGoneError(NotFoundError):
    code = "draft_gone"
    message = _("This draft is not there any more. Begin again.")


@dataclass(frozen=True, slots=True)
class Step:
    """One step. `slug` stands in the address."""

    slug: str
    title: StrPromise | str
    form: type[forms.Form]


@dataclass(frozen=True, slots=True)
class ShownStep:
    """A step in the line of steps above the form."""

    title: StrPromise | str
    url: str  # empty while it cannot be gone to
    is_current: bool
    is_done: bool


@dataclass(frozen=True, slots=True)
class Said:
    """One answer, as the review shows it."""

    label: StrPromise | str
    value: str


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A step's answers, and the way back to them."""

    title: StrPromise | str
    url: str
    said: list[Said]


class Wizard:
    """A subclass names its steps and its address, and says what happens at the end.

    The address `url_name` takes `draft` and `step`. One instance serves one request.
    """

    name: ClassVar[str]
    url_name: ClassVar[str]
    title: ClassVar[StrPromise | str]
    button: ClassVar[StrPromise | str]
    steps: ClassVar[tuple[Step, ...]]
    template: ClassVar[str] = "components/wizard.html"

    def __init__(self, request: SignedInRequest) -> None:
        self.request = request

    # --- for the subclass -------------------------------------------------------------------------

    def make_form(self, step: Step, **kwargs: Any) -> forms.Form:
        """The step's form; override to give it the tenant's choices."""
        return step.form(**kwargs)

    def finish(self, said: dict[str, dict[str, Any]]) -> HttpResponse:
        """Do it, by the service, with what each step's form found; the answer leads away from the wizard."""
        raise NotImplementedError

    def leave_url(self) -> str:
        """Where *Cancel* leads."""
        raise NotImplementedError

    def review(self, said: dict[str, dict[str, Any]]) -> dict[str, Any]:
        """What else the review shows (a preview of what will open or close); for the template's context."""
        return {}

    # --- drafts -----------------------------------------------------------------------------------

    def begin(
        self, said: Mapping[str, Mapping[str, list[str]]] | None = None
    ) -> HttpResponseRedirect:
        """A new draft, perhaps with answers given already (a copy of something); leads to the first step."""
        drafts: dict[str, Any] = self.request.session.get(_KEY, {})
        for old in list(drafts)[: max(0, len(drafts) - MOST_DRAFTS + 1)]:
            del drafts[old]
        draft = secrets.token_urlsafe(9)
        answers = {slug: dict(fields) for slug, fields in (said or {}).items()}
        drafts[draft] = {"name": self.name, "said": answers, "seen": []}
        self.request.session[_KEY] = drafts
        return redirect(self.url(draft, self.steps[0].slug))

    def url(self, draft: str, slug: str) -> str:
        return reverse(self.url_name, kwargs={"draft": draft, "step": slug})

    def _draft(self, draft: str) -> dict[str, Any]:
        found = self.request.session.get(_KEY, {}).get(draft)
        if found is None or found["name"] != self.name:
            raise DraftGoneError
        return found  # type: ignore[no-any-return]

    def _keep(self, draft: str, slug: str, data: QueryDict) -> None:
        kept = self._draft(draft)
        names = self._step(slug).form.base_fields
        kept["said"][slug] = {
            name: [value[:LONGEST_KEPT] for value in data.getlist(name)[:MOST_KEPT]]
            for name in names
            if name in data
        }
        self.request.session.modified = True

    def _drop(self, draft: str) -> None:
        self.request.session.get(_KEY, {}).pop(draft, None)
        self.request.session.modified = True

    # --- one request ------------------------------------------------------------------------------

    def run(self, draft: str, slug: str) -> HttpResponse:
        """Show a step, or take its answers. A step that cannot be there yet leads to the one to be done first."""
        kept = self._draft(draft)
        if slug != REVIEW:
            self._step(slug)
        if self.request.method == "POST":
            return self._post(draft, slug)
        open_slug = self._first_open(kept)
        slugs = self._slugs()
        if slugs.index(slug) > slugs.index(open_slug):
            return redirect(self.url(draft, open_slug))
        return self._show(draft, slug)

    def _slugs(self) -> list[str]:
        return [*(step.slug for step in self.steps), REVIEW]

    def _step(self, slug: str) -> Step:
        for step in self.steps:
            if step.slug == slug:
                return step
        raise NotFoundError

    def _bound(self, kept: dict[str, Any], step: Step) -> forms.Form:
        data = QueryDict(mutable=True)
        for name, values in kept["said"].get(step.slug, {}).items():
            data.setlist(name, values)
        return self.make_form(step, data=data)

    def _first_open(self, kept: dict[str, Any]) -> str:
        """The first step that was not left with *Next*, or is not well any more; else the review."""
        for step in self.steps:
            if step.slug not in kept["seen"] or not self._bound(kept, step).is_valid():
                return step.slug
        return REVIEW

    def _post(self, draft: str, slug: str) -> HttpResponse:
        if slug == REVIEW:
            return self._create(draft)
        step = self._step(slug)
        form = self.make_form(step, data=self.request.POST)
        if checked := answer_check(self.request, form):
            return checked
        self._keep(draft, slug, self.request.POST)
        slugs = self._slugs()
        place = slugs.index(slug)
        if "back" in self.request.POST:  # kept as it is, and checked when it is left with *Next*
            return redirect(self.url(draft, slugs[max(0, place - 1)]))
        if not form.is_valid():
            return self._show(draft, slug, form=form, status=400)
        kept = self._draft(draft)
        if slug not in kept["seen"]:
            kept["seen"].append(slug)
        return redirect(self.url(draft, slugs[place + 1]))

    def _create(self, draft: str) -> HttpResponse:
        kept = self._draft(draft)
        open_slug = self._first_open(kept)
        if open_slug != REVIEW:
            return redirect(self.url(draft, open_slug))
        try:
            answer = self.finish(self._said(kept))
        except RuleError as error:
            return self._refused(draft, error)
        self._drop(draft)
        return answer

    def _refused(self, draft: str, error: RuleError) -> HttpResponse:
        """Back to the step whose field it is about; without one it is said on the review."""
        kept = self._draft(draft)
        for step in self.steps:
            concerned = [name for name in error.fields if name in step.form.base_fields]
            if not concerned:
                continue
            form = self._bound(kept, step)
            form.is_valid()
            for name in concerned:
                form.add_error(name, error.fields[name])
            return self._show(draft, step.slug, form=form, status=error.status)
        return self._show(draft, REVIEW, refusal=error, status=error.status)

    def _said(self, kept: dict[str, Any]) -> dict[str, dict[str, Any]]:
        said = {}
        for step in self.steps:
            form = self._bound(kept, step)
            form.is_valid()
            said[step.slug] = form.cleaned_data
        return said

    # --- what is shown ----------------------------------------------------------------------------

    def _show(
        self,
        draft: str,
        slug: str,
        *,
        form: forms.Form | None = None,
        refusal: RuleError | None = None,
        status: int = 200,
    ) -> HttpResponse:
        kept = self._draft(draft)
        context: dict[str, Any] = {
            "wizard": self,
            "shown_steps": self._shown_steps(draft, slug, kept),
            "here": self.url(draft, slug),
            "leave_url": self.leave_url(),
            "is_first": slug == self.steps[0].slug,
            "refusal": refusal,
        }
        if slug == REVIEW:
            context["back_url"] = self.url(draft, self.steps[-1].slug)
            context["reviewed"] = [self._reviewed(draft, kept, step) for step in self.steps]
            context |= self.review(self._said(kept))
        else:
            step = self._step(slug)
            context["step"] = step
            context["form"] = form or self._form_to_show(kept, step)
        return render(self.request, self.template, context, status=status)

    def _form_to_show(self, kept: dict[str, Any], step: Step) -> forms.Form:
        if step.slug in kept["seen"]:
            return self._bound(kept, step)
        # Not judged before it was sent: what is kept of it only fills the fields.
        said = kept["said"].get(step.slug, {})
        form = self.make_form(step)
        for name, values in said.items():
            if name not in form.fields:
                continue
            is_many = isinstance(
                form.fields[name], forms.MultipleChoiceField | forms.ModelMultipleChoiceField
            )
            form.initial[name] = values if is_many else (values[-1] if values else None)
        return form

    def _shown_steps(self, draft: str, slug: str, kept: dict[str, Any]) -> list[ShownStep]:
        slugs = self._slugs()
        reach = slugs.index(self._first_open(kept))
        titles = [*(step.title for step in self.steps), _("Review + create")]
        return [
            ShownStep(
                title=title,
                url=self.url(draft, one) if place <= reach else "",
                is_current=one == slug,
                is_done=place < reach,
            )
            for place, (one, title) in enumerate(zip(slugs, titles, strict=True))
        ]

    def _reviewed(self, draft: str, kept: dict[str, Any], step: Step) -> Reviewed:
        form = self._bound(kept, step)
        form.is_valid()
        said = [
            Said(field.label or name, shown_value(field, form.cleaned_data.get(name)))
            for name, field in form.fields.items()
            if not field.widget.is_hidden
        ]
        return Reviewed(step.title, self.url(draft, step.slug), said)
