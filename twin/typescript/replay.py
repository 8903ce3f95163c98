"""A finding's execution again: its token looked up in a program, run, and told as a finding."""

from __future__ import annotations

from collections.abc import Sequence

from krepis.twin.findings import Finding
from krepis.twin.options import Options, SourceFile
from krepis.twin.typescript.anomaly import Anomaly
from krepis.twin.typescript.explain import finding_of
from krepis.twin.typescript.recording import ReplayError, digest, find, frame_at, perform
from krepis.twin.typescript.scenario import Scenario
from krepis.twin.typescript.values import forget_terms
from krepis.twin.typescript.verify import Job


def replay(token: str, files: Sequence[SourceFile], options: Options) -> Finding:
    """Runs the execution that a token stands for; its finding counts its events as states.

    Raises NotAToken, or ReplayError when the token is of another program than `files`.
    """
    job = Job(files, options)
    forget_terms()
    found = find(token, job.program, job.rooted)
    run = perform(job.program, found.recording)
    if run is None or digest(run, job.rooted) != found.digest:
        raise ReplayError("the token is of another text of these files, or of another version of Krepis; verify again")
    Scenario.close(run)
    shown = found.shown
    try:
        if len(run.choices) != len(found.recording.choices):
            raise LookupError
        frame, *data = [(frame_at(run, place), place[2]) for place in shown.places]
        read, foreign, act = (run.machine.log[i] if i >= 0 else None for i in shown.about)
    except (LookupError, ValueError):
        raise ReplayError("the schedule does not fit: give the same paths and settings as to krepis verify") from None
    anomaly = Anomaly(
        shown.kind,
        shown.severity,
        *frame,
        run,
        [e.name for e in found.recording.entries],
        read,
        foreign,
        act,
        shown.detail,
        states=run.events,
        traces=1,
        data_site=data[0] if data else None,
        recording=found.recording,
    )
    return finding_of(anomaly, job.show, job.rooted)
