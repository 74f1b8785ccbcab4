"""What an operator may do with a submission that the outbox could not settle."""

from __future__ import annotations

import base64

from portal.outbox import seals
from portal.outbox.clock import now
from portal.outbox.delivery import advance, discard, problems_of, unpack
from portal.outbox.models import StagedFile, Submission
from portal.outbox.schedule import horizon

State = Submission.State
# An operator sees what was said, and never holds a customer's key.
_SECRET_FIELDS = {"access_key"}


def send_again(submission: Submission) -> bool:
    """Have a held or waiting submission sent now; False in any other state.

    Where an earlier try may have arrived, the text says that it may repeat.
    """
    if submission.state not in {State.HELD, State.RECEIVED}:
        return False
    moment = now()
    return advance(
        submission,
        state=State.RECEIVED,
        remark="",
        may_repeat=submission.may_repeat or submission.unknown_since is not None,
        give_up_at=moment + horizon(),
        due_at=moment,
    )


def discard_held(submission: Submission, reason: str) -> bool:
    """Give a held submission up for good and wipe it; False in any other state."""
    return submission.state == State.HELD and discard(submission, reason)


def readable(submission: Submission, *, with_files: bool = True) -> dict[str, object]:
    """Return what a submission says as JSON values.

    Files come by name and size, and `with_files` with their content as base64. Raises
    `Unreadable`, and `BrokenSeal` where it is a file's.
    """
    content = unpack(submission)
    # Each file's content is fetched where it is opened.
    files = submission.files.defer("sealed_content")
    return {
        "reference": submission.reference,
        "brand": submission.brand_id,
        "kind": submission.kind,
        "created_at": submission.created_at.isoformat(),
        "remark": submission.remark,
        "problems": [problem.text for problem in problems_of(submission)],
        "content": content.model_dump(mode="json", exclude=_SECRET_FIELDS),
        "files": [_described(file, with_content=with_files) for file in files],
    }


def _described(file: StagedFile, *, with_content: bool) -> dict[str, object]:
    described: dict[str, object] = {
        "filename": file.filename,
        "mime_type": file.mime_type,
        "size": file.size,
    }
    if with_content:
        plain = seals.open_sealed(file.sealed_content)
        del file.sealed_content
        described["base64"] = base64.b64encode(plain).decode()
    return described
