"""Giving a stored file back, to whoever may see it and to nobody else."""

from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from chappe.kit.access.door import visible_to
from chappe.kit.documents.models import StoredFile


def download_response(user, stored: StoredFile, *, through: Model | None = None) -> FileResponse:
    """The file as an attachment. PermissionDenied when ``user`` may not see it, Http404 when it is gone.

    ``through`` is an object of another area that names the file by a foreign key (a received file, a job):
    whoever may see that object may have its file.
    """
    if through is None:
        allowed = visible_to(user, StoredFile).filter(pk=stored.pk).exists()
    else:
        names_it = any(
            field.is_relation
            and field.many_to_one
            and field.related_model is StoredFile
            and getattr(through, field.attname) == stored.pk
            for field in through._meta.concrete_fields
        )
        allowed = names_it and visible_to(user, type(through)).filter(pk=through.pk).exists()
    if not allowed:
        raise PermissionDenied(_("This file is not yours to read."))
    return _attachment(stored)


def hand_over(user, stored: StoredFile) -> FileResponse:
    """The file that a verb has just made for ``user``, who held the right to the verb: none on documents is asked.

    PermissionDenied when it belongs to another organisation.
    """
    if user.organisation_id is not None and stored.owner_id != user.organisation_id:
        raise PermissionDenied(_("This file is not yours to read."))
    return _attachment(stored)


def _attachment(stored: StoredFile) -> FileResponse:
    try:
        stream = stored.open()
    except FileNotFoundError as error:
        raise Http404(_("The bytes of this file are missing from the store. Tell your administrator.")) from error
    response = FileResponse(stream, as_attachment=True, filename=stored.name, content_type=stored.content_type)
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cache-Control"] = "private, max-age=0, must-revalidate"
    response["ETag"] = f'"{stored.sha256}"'
    return response


@require_safe
def download(request: HttpRequest, pk: int) -> HttpResponse:
    """A stranger learns nothing: what is not visible does not exist."""
    stored = get_object_or_404(visible_to(request.user, StoredFile), pk=pk)
    if request.headers.get("If-None-Match") == f'"{stored.sha256}"':
        return HttpResponseNotModified()
    return download_response(request.user, stored)
