"""REST routes, below /api/v1/."""

from django.urls import path

from accounts import api, api_connections, api_listings, api_notices, api_photos, api_practices

urlpatterns = [
    path("me/", api.Me.as_view()),
    path("me/listing/", api_listings.MyListing.as_view()),
    path("me/listing/submit/", api_listings.MyListingSubmit.as_view()),
    path("me/photo/", api_photos.MyPhoto.as_view()),
    path("people/", api.People.as_view()),
    path("people/<uuid:person_id>/", api.Person.as_view()),
    path("assignments/", api.Assignments.as_view()),
    path("assignments/<uuid:assignment_id>/end/", api.AssignmentEnd.as_view()),
    path("assignments/<uuid:assignment_id>/transfer/", api_connections.AssignmentTransfer.as_view()),
    path("practices/", api_practices.Practices.as_view()),
    path("practices/<uuid:practice_id>/", api_practices.Practice.as_view()),
    path("practices/<uuid:practice_id>/members/", api_practices.PracticeMembers.as_view()),
    path("practices/<uuid:practice_id>/locations/", api_practices.PracticeLocations.as_view()),
    path(
        "practices/<uuid:practice_id>/locations/<uuid:location_id>/",
        api_practices.PracticeLocation.as_view(),
    ),
    path("practices/<uuid:practice_id>/billing/", api_practices.PracticeBilling.as_view()),
    path("notices/", api_notices.Notices.as_view()),
    path("notices/read/", api_notices.NoticesRead.as_view()),
    path("connections/", api_connections.Connections.as_view()),
    path("connections/<uuid:proposal_id>/", api_connections.Connection.as_view()),
    path("connections/<uuid:proposal_id>/accept/", api_connections.ConnectionAccept.as_view()),
    path("connections/<uuid:proposal_id>/decline/", api_connections.ConnectionDecline.as_view()),
    path("connections/<uuid:proposal_id>/withdraw/", api_connections.ConnectionWithdraw.as_view()),
]
