"""What administrators may look at: that messages were sent and judged, never what they say."""

from django.contrib import admin

from bloom.kernel.admin import PrivateAdmin
from messaging.models import MessageAudit


@admin.register(MessageAudit)
class MessageAuditAdmin(PrivateAdmin):
    list_display = ["at", "action", "outcome", "categories", "actor_user_id", "via", "conversation_id"]
    list_filter = ["action", "outcome", "via", "at"]
    search_fields = ["=message_id", "=conversation_id", "=actor_user_id", "=subject_id", "=request_id"]
    ordering = ["-at"]
    exclude = ["body_hash", "mac"]
    show_full_result_count = False


from messaging import admin_queue as admin_queue  # noqa: E402 - registers itself
