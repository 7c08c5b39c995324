"""The API's schema and the page that shows it, for everybody who is signed in."""

from __future__ import annotations

from csp.constants import SELF, UNSAFE_INLINE
from csp.decorators import csp_update
from django.contrib.auth.decorators import login_required
from django.urls import path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

app_name = "api_docs"

# The page's own script is served as a file; only the styles that Swagger UI sets inline need a word.
_docs = login_required(SpectacularSwaggerSplitView.as_view(url_name="api_docs:schema"))

urlpatterns = [
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("docs/", csp_update({"style-src": [SELF, UNSAFE_INLINE]})(_docs), name="docs"),
]
