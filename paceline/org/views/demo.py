"""Sign-in by one click, for the demonstration company only: these addresses exist nowhere else."""

from __future__ import annotations

from allauth.usersessions.models import UserSession
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.views.decorators.http import require_GET, require_POST

from paceline.accounts.actions import note_sign_in
from paceline.accounts.models import User
from paceline.accounts.verification import record_demo_sign_in
from paceline.kernel.pages import page
from paceline.org import queries
from paceline.org.models import Person, Role


@login_not_required
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """The people one can be, one or two for each role and every lead and salesperson by search."""
    text = request.GET.get("q", "").strip()[:100]
    found = queries.demo_people(timezone.localdate(), text)
    people = [(Role(role).label, some) for role, some in found]
    go_on = request.GET.get("next", "")
    context = {"people": people, "text": text, "next": go_on}
    if go_on:
        context["password_query"] = "?" + urlencode({"next": go_on})
    return page(request, "org/demo_sign_in.html", context)


@login_not_required
@require_POST
def create(request: HttpRequest, pk: int) -> HttpResponse:
    """Be somebody, and go on to the page that was asked for before."""
    people = Person.objects.employed_on(timezone.localdate()).select_related("user")
    person = get_object_or_404(people, pk=pk, user__is_active=True)
    if not isinstance(person.user, User):
        raise Http404
    login(request, person.user)
    record_demo_sign_in(request, person.user)
    UserSession.objects.create_from_request(request)
    note_sign_in(user=person.user, by=person, at=timezone.now(), way="one click")
    go_on = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(go_on, {request.get_host()}, request.is_secure()):
        go_on = "/"
    return HttpResponseRedirect(go_on, status=303)
