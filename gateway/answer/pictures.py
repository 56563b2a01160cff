"""The pictures of one answer: what each waits for, the job it becomes, and its one outcome.

A picture whose references are still being drawn is held. A reference that failed is reported as missing, and the first picture of the
answer that did not fail guides in its place, so that one figure goes through all that can be drawn. Only earlier pictures guide, so
holds cannot form a circle. It knows nothing of time passing, tasks or queues: whoever calls
says what happened and gets the events that follow.
"""

from __future__ import annotations

from collections.abc import Callable

from gateway.answer import events as ev
from gateway.answer.document import Document, Picture
from gateway.answer.events import Draft, Flaw, GatewayEvent, ReferenceUsed
from gateway.answer.references import ChosenReference, ReferenceChooser
from gateway.answer.request import Request
from gateway.answer.stitching.flaws import flaws_of
from gateway.answer.stitching.job import job_of, seed_of, size_of
from gateway.answer.stitching.pending import PendingPicture, Stage
from planner_service.wire import Slot
from visualizer_service import wire
from visualizer_service.wire import Job, Limits, Reply


class Pictures:
    """The pictures of one answer, by slot; `next_item` numbers each as the planner opens it, replies go where `replies_to` says."""

    def __init__(
        self, request: Request, limits: Limits, replies_to: str, next_item: Callable[[], int]
    ) -> None:
        self._request = request
        self._replies_to = replies_to
        self._next_item = next_item
        self._chooser = ReferenceChooser(request, limits.most_references)
        self._cites = limits.cites
        self._known = {picture.id: picture.description for picture in request.pictures}
        self._blobs = {picture.id: picture.blob for picture in request.pictures}
        self._pictures: dict[int, PendingPicture] = {}
        self._by_id: dict[str, PendingPicture] = {}
        self._early: dict[str, list[Reply]] = {}

    @property
    def waiting(self) -> bool:
        """Whether any picture still lacks its outcome."""
        return any(picture.stage is not Stage.ENDED for picture in self._pictures.values())

    @property
    def submitted(self) -> bool:
        """Whether any job is in the queue or being drawn."""
        return any(picture.stage is Stage.QUEUED for picture in self._pictures.values())

    def go_on(self, document: Document) -> None:
        """Take up the pictures of an answer where it stands; nothing was done here yet."""
        for drawn in document.pictures:
            picture = PendingPicture(drawn.item, drawn.slot, drawn.id)
            self._pictures[drawn.slot] = self._by_id[drawn.id] = picture
            if drawn.description:
                self._take_up(picture, drawn)
            if drawn.ended:
                picture.stage = Stage.ENDED

    def _take_up(self, picture: PendingPicture, drawn: Picture) -> None:
        """A picture whose description is complete: its choice is made again, and is the same."""
        slot = Slot(index=drawn.slot, description=drawn.description or "", references=drawn.wanted)
        picture.stage, picture.description = Stage.HELD, slot.description
        picture.width_px, picture.height_px = drawn.width_px or 0, drawn.height_px or 0
        picture.choice = self._chooser.choose(picture.id, slot)
        picture.attempt, picture.step = drawn.attempt, drawn.step
        picture.previews, picture.blob, picture.look = set(drawn.previews), drawn.blob, drawn.look
        picture.drafts = list(drawn.drafts)
        if drawn.queued_at is not None:
            picture.stage, picture.queued_at = Stage.QUEUED, drawn.queued_at
            picture.job = self._job(picture, drawn.references, drawn.queued_at)

    def open(self, slot: int, at: float) -> list[GatewayEvent]:
        """The planner has begun to describe a picture; one that goes on from where another was lost may begin it again."""
        if slot in self._pictures:
            return []
        id = f"img{self._request.drawn_before + slot + 1}"
        picture = PendingPicture(self._next_item(), slot, id)
        self._pictures[slot] = self._by_id[id] = picture
        return [ev.PictureOpened(at=at, item=picture.item, slot=slot, id=id)]

    def describe(self, slot: Slot, at: float) -> list[GatewayEvent]:
        """The description is complete; from now on the picture is held until its references have their outcome."""
        opened = self.open(slot.index, at)
        picture = self._pictures[slot.index]
        if picture.stage is not Stage.OPENED:
            return opened
        picture.stage = Stage.HELD
        picture.description = slot.description.strip()
        picture.width_px, picture.height_px = size_of(self._request, slot)
        picture.choice = self._chooser.choose(picture.id, slot)
        described = ev.PictureDescribed(
            at=at,
            item=picture.item,
            description=picture.description,
            width_px=picture.width_px,
            height_px=picture.height_px,
            seed=seed_of(self._request, picture),
            wanted=slot.references,
        )
        empty = [] if picture.description else self.fail(picture.slot, "incomplete_description", at)
        return [*opened, described, *empty]

    def abandon(self, at: float) -> list[GatewayEvent]:
        """The plan is over: a picture whose description was never completed fails."""
        unfinished = [picture for picture in self._pictures.values() if picture.stage is Stage.OPENED]
        return [
            event for picture in unfinished for event in self.fail(picture.slot, "incomplete_description", at)
        ]

    def release(self, at: float) -> list[tuple[Job, ev.PictureQueued]]:
        """The jobs that nothing holds any more, each with the event to publish once it is in the queue."""
        return [
            self._queue(picture, at)
            for picture in self._pictures.values()
            if picture.stage is Stage.HELD and not self._held(picture)
        ]

    def submitted_jobs(self) -> list[Job]:
        """Every job that the store may have forgotten, those drawn included, for a store that forgot one forgot its picture."""
        return [
            picture.job
            for picture in self._pictures.values()
            if picture.job is not None and (picture.stage is Stage.QUEUED or picture.blob is not None)
        ]

    def on_reply(self, reply: Reply, at: float) -> list[GatewayEvent]:
        """What a worker says of a job: replies may come twice, and late from an attempt already replaced.

        Of those only an outcome counts; the queue lets through no more than one, and a Redis that forgot a job counts attempts anew.
        Where another process had submitted a job that this one has yet to come to, its replies wait.
        """
        picture = self._pictures.get(reply.slot)
        if picture is None or picture.job is None:
            self._early.setdefault(reply.job, []).append(reply)
            return []
        if picture.stage is not Stage.QUEUED or picture.job.id != reply.job:
            return []
        match reply.event:
            case wire.Started() | wire.Progress() | wire.Preview() as event:
                return self._on_progress(picture, reply.attempt, event, at)
            case wire.Done() as done:
                if self._request.feedback == "critic":
                    picture.stage, picture.drawn = Stage.JUDGED, done
                    return []
                return [self._shown(picture, done, self.flaws(picture.slot, done), at)]
            case wire.Failed(code=code, gpu_s=gpu_s):
                return self.fail(picture.slot, code, at, gpu_s=gpu_s)
            case wire.Cancelled() if picture.drafts:
                return [self._best(picture, at)]
            case wire.Cancelled(gpu_s=gpu_s):
                picture.stage = Stage.ENDED
                return [ev.PictureCancelled(at=at, item=picture.item, gpu_s=gpu_s)]

    def early_replies(self, job: Job, at: float) -> list[GatewayEvent]:
        """What was said of a job before it was submitted here."""
        return [event for reply in self._early.pop(job.id, []) for event in self.on_reply(reply, at)]

    def _on_progress(
        self,
        picture: PendingPicture,
        attempt: int,
        event: wire.Started | wire.Progress | wire.Preview,
        at: float,
    ) -> list[GatewayEvent]:
        """What is new in what a worker says before the end."""
        item, is_new = picture.item, attempt > picture.attempt
        if is_new:
            picture.attempt, picture.step = attempt, 0
        match event:
            case wire.Started(worker=worker) if is_new:
                return [ev.PictureStarted(at=at, item=item, attempt=attempt, worker=worker)]
            case wire.Progress(step=step, of=of) if attempt == picture.attempt and step > picture.step:
                picture.step = step
                return [ev.PictureProgress(at=at, item=item, step=step, of=of, gpu_s=event.gpu_s)]
            case wire.Preview(index=index, blob=blob) if blob not in picture.previews:
                picture.previews.add(blob)
                return [ev.PicturePreview(at=at, item=item, index=index, blob=blob)]
        return []

    def fail(
        self, slot: int, code: str, at: float, message: str | None = None, gpu_s: float | None = None
    ) -> list[GatewayEvent]:
        """The picture will not come; nothing happens if it has its outcome already. `message` says what the code does not."""
        picture = self._pictures[slot]
        if picture.stage in (Stage.ENDED, Stage.JUDGED):
            return []
        if picture.drafts:
            # It could not be drawn better; what there is stands.
            return [self._best(picture, at)]
        picture.stage = Stage.ENDED
        if code == "deadline":
            message = self._late(at - picture.queued_at)
        return [ev.PictureFailed(at=at, item=picture.item, code=code, message=message, gpu_s=gpu_s)]

    def overdue(self, slot: int, job: str, at: float) -> list[GatewayEvent]:
        """A job should have ended by now; one that another job has followed has."""
        current = self._pictures[slot].job
        return self.fail(slot, "deadline", at) if current is not None and current.id == job else []

    def has_ended(self, slot: int) -> bool:
        """Whether a picture has its outcome."""
        return slot in self._pictures and self._pictures[slot].stage is Stage.ENDED

    def blob(self, slot: int) -> str | None:
        """The picture, once it is there."""
        return self._pictures[slot].blob

    def take_unjudged(self) -> list[tuple[int, wire.Done]]:
        """What was drawn and waits for its critic; each is given once."""
        taken: list[tuple[int, wire.Done]] = []
        for picture in self._pictures.values():
            if picture.drawn is not None:
                taken.append((picture.slot, picture.drawn))
                picture.drawn = None
        return taken

    def asked(self, slot: int) -> tuple[str, tuple[tuple[str, str], ...]]:
        """From what a picture was drawn: its description, and the names and blobs of its references."""
        picture = self._pictures[slot]
        named = [(reference.id, self._blob(reference.id)) for reference in picture.choice.wanted]
        return picture.description, tuple((id, blob) for id, blob in named if blob is not None)

    def flaws(self, slot: int, done: wire.Done) -> tuple[Flaw, ...]:
        """What is wrong with it by its looks alone."""
        others = [(one.id, one.look) for one in self._pictures.values() if one.slot != slot and one.blob]
        return flaws_of(done, [(id, look) for id, look in others if look is not None])

    def on_verdict(
        self, slot: int, draft: Draft, better_description: str | None, at: float
    ) -> list[GatewayEvent]:
        """A picture was judged: it is shown, or drawn again, in the end the best of all."""
        picture = self._pictures[slot]
        if picture.stage is not Stage.JUDGED:
            return []
        picture.drafts.append(draft)
        judged = ev.PictureJudged(at=at, item=picture.item, draft=draft)
        if draft.good is not False or len(picture.drafts) > self._request.most_redraws:
            return [judged, self._best(picture, at)]
        picture.stage, picture.attempt, picture.step = Stage.HELD, 0, 0
        picture.description = (better_description or "").strip() or picture.description
        redrawn = ev.PictureRedrawn(
            at=at, item=picture.item, description=picture.description, seed=seed_of(self._request, picture)
        )
        return [judged, redrawn]

    def _best(self, picture: PendingPicture, at: float) -> GatewayEvent:
        best = picture.best()
        return self._shown(picture, best.drawn, best.flaws, at)

    def _shown(
        self, picture: PendingPicture, done: wire.Done, flaws: tuple[Flaw, ...], at: float
    ) -> GatewayEvent:
        picture.stage, picture.blob, picture.look = Stage.ENDED, done.blob, done.look
        drawn = done.model_dump(exclude={"type", "seed", "timings"})
        return ev.PictureDone(at=at, item=picture.item, timings=done.timings, flaws=flaws, **drawn)

    def _late(self, took_s: float) -> str:
        limit_s = self._request.draw.job_timeout_s
        return f"The picture was not ready {took_s:.1f} s after it was queued; it may take {limit_s:g} s."

    def _held(self, picture: PendingPicture) -> bool:
        guides = (self._by_id.get(reference.id) for reference in self._guides(picture))
        return any(guide is not None and guide.stage is not Stage.ENDED for guide in guides)

    def _guides(self, picture: PendingPicture) -> list[ChosenReference]:
        """What is wanted; in the place of a picture that failed, the first that did not."""
        guides = {reference.id: reference for reference in picture.choice.wanted}
        lost = [id for id in guides if id in self._by_id and self._by_id[id].has_failed]
        earlier = (other for other in self._by_id.values() if other.slot < picture.slot)
        first = next((other for other in earlier if not other.has_failed), None)
        for id in lost:
            del guides[id]
        if lost and first is not None:
            guides.setdefault(first.id, ChosenReference(first.id, "policy"))
        return list(guides.values())

    def _queue(self, picture: PendingPicture, at: float) -> tuple[Job, ev.PictureQueued]:
        picture.stage, picture.queued_at = Stage.QUEUED, at
        used = tuple(
            ReferenceUsed(id=reference.id, blob=blob, chosen_by=reference.chosen_by)
            for reference in self._guides(picture)
            if (blob := self._blob(reference.id)) is not None
        )
        guides = {reference.id for reference in used}
        missing = [reference.id for reference in picture.choice.wanted if reference.id not in guides]
        queued = ev.PictureQueued(
            at=at, item=picture.item, references=used, missing=(*missing, *picture.choice.unknown)
        )
        picture.job = self._job(picture, used, at)
        return picture.job, queued

    def _job(self, picture: PendingPicture, used: tuple[ReferenceUsed, ...], at: float) -> Job:
        described = tuple((reference, self._described(reference.id)) for reference in used)
        return job_of(
            self._request, picture, described, cites=self._cites, replies_to=self._replies_to, at=at
        )

    def _blob(self, id: str) -> str | None:
        return self._by_id[id].blob if id in self._by_id else self._blobs[id]

    def _described(self, id: str) -> str | None:
        return self._by_id[id].description if id in self._by_id else self._known.get(id)


def drawn_jobs(request: Request, document: Document, limits: Limits, replies_to: str) -> list[Job]:
    """The jobs that the pictures of an answer were drawn by, as they were submitted."""
    pictures = Pictures(request, limits, replies_to, lambda: 0)
    pictures.go_on(document)
    return pictures.submitted_jobs()
