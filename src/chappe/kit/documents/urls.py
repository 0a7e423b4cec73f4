from django.urls import path

from chappe.kit.documents.views import download

app_name = "documents"
urlpatterns = [path("documents/file/<int:pk>/download", download, name="download")]
