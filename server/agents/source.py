"""Which source a project's settings and the user's choice stand for."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Mapping
from typing import Final

from krepis.server.agents.endpoint import Endpoint, same_server
from krepis.server.agents.messages import Load, Source, SourceError
from krepis.server.agents.models import ModelError, chosen, find, header, models_folder
from krepis.server.agents.process import LocalModel
from krepis.server.config import AiSettings

ENDPOINT: Final = "KREPIS_AI_ENDPOINT"
KEY: Final = "KREPIS_AI_KEY"


def open_source(settings: AiSettings, environment: Mapping[str, str] = os.environ) -> Source:
    """The source to use; nothing is started or loaded yet. Raises SourceError, which says what is missing."""
    own = environment.get(ENDPOINT, "")
    if endpoint := settings.endpoint or own:
        key = environment.get(KEY, "") if own and same_server(endpoint, own) else ""
        return Endpoint(endpoint, settings.endpoint_model or "", key)
    if importlib.util.find_spec("cyllama") is None:
        raise SourceError("no model can run here: pip install 'krepis[ai]', or set `endpoint` of [ai]")
    folder = models_folder(environment)
    name = settings.model or chosen(folder)
    if name is None:
        raise SourceError(
            "no model is chosen: `krepis model pull smollm2-135m` installs a small one, "
            "`krepis model list` shows others"
        )
    try:
        model = find(name, folder)
        header(model)  # what is damaged is refused here, and not by a library that may die of it
    except ModelError as error:
        raise SourceError(str(error)) from error
    return LocalModel(
        Load(str(model.file), settings.context, threads(settings), settings.gpu_layers, settings.memory_mb or 0), name
    )


def threads(settings: AiSettings) -> int:
    """Threads of the inference process."""
    return settings.threads or max(1, len(os.sched_getaffinity(0)) - 1)
