"""REST routes, below /api/v1/."""

from django.urls import path

from accounts import api, api_listings

urlpatterns = [
    path("me/", api.Me.as_view()),
    path("me/listing/", api_listings.MyListing.as_view()),
    path("me/listing/submit/", api_listings.MyListingSubmit.as_view()),
    path("people/", api.People.as_view()),
    path("people/<uuid:person_id>/", api.Person.as_view()),
    path("assignments/", api.Assignments.as_view()),
    path("assignments/<uuid:assignment_id>/end/", api.AssignmentEnd.as_view()),
]
