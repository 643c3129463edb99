"""The project whose connection somebody looks after."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404

from paceline.boards.models import Project
from paceline.boards.trello import access
from paceline.org.requests import PersonRequest


def kept_project(request: PersonRequest, pk: int) -> Project:
    """A project through the person who asks, if they may arrange it."""
    found: Project = get_object_or_404(Project.objects.visible_to(request.person), pk=pk)
    if not access.may_keep(request.person, found):
        raise PermissionDenied
    return found
