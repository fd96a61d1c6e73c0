"""What is the same for everybody is drawn once: `{% constant %}`, and components that show nothing but their
attributes. Both are drawn without the page's context, so that nothing of one person gets into what another
sees. And what stands twice on one page is drawn once for it: `{% twice %}`.

A builtin of every template, after cotton's own tags: its `cotton` takes the place of theirs.
"""

from typing import Any

from django import template
from django.template.base import NodeList, Parser, Token
from django.utils.translation import get_language
from django_cotton.templatetags._component import AttrKind, CottonComponentNode, cotton_component

register = template.Library()

COMPONENTS = frozenset({"ui.icon", "ui.mark", "ui.wordmark"})
# Of one place in a template; more kinds than this means that something of a person's is among them.
MOST = 100


class Component(CottonComponentNode):
    """Cotton's, which looks for its template by name at each drawing. It is as old as the template that it
    stands in, and so may keep what it found.
    """

    _found: Any = None

    def _get_cached_template(self, context: template.Context, attrs: Any) -> Any:
        if self._found is None:
            self._found = super()._get_cached_template(context, attrs)
        return self._found


class ConstantComponent(template.Node):
    """A component that is known by its attributes: with the same ones it gives what it gave before."""

    def __init__(self, component: CottonComponentNode) -> None:
        self._component = component
        # It sees its attributes and nothing else.
        component.only = True
        self._asked = [
            each.compiled.render if each.kind is AttrKind.ESCAPED else each.compiled.resolve
            for each in component._prepared_attrs
            if each.compiled is not None
        ]
        self._drawn: dict[tuple[Any, ...], str] = {}

    def render(self, context: template.Context) -> str:
        given = tuple([ask(context) for ask in self._asked])
        drawn = self._drawn.get(given)
        if drawn is None:
            drawn = self._component.render(context)
            if len(self._drawn) < MOST:
                self._drawn[given] = drawn
        return drawn


class Constant(template.Node):
    """A part of a page that is the same for everybody who reads one language."""

    def __init__(self, nodelist: NodeList) -> None:
        self.nodelist = nodelist
        self._drawn: dict[str | None, str] = {}

    def render(self, context: template.Context) -> str:
        language = get_language()
        drawn = self._drawn.get(language)
        if drawn is None:
            alone, page = template.Context(), context.template
            assert page is not None
            with alone.bind_template(page), alone.render_context.push_state(page):
                drawn = self._drawn[language] = self.nodelist.render(alone)
        return drawn


@register.tag("cotton")
def component(parser: Parser, token: Token) -> template.Node:
    """Cotton's own tag: `<c-...>` is compiled to it."""
    node = cotton_component(parser, token)
    if node.component_name in COMPONENTS:
        return ConstantComponent(node)
    if node.component_name == "component":
        # Which one that is follows from an attribute.
        return node
    return Component(node.component_name, node.nodelist, node.attrs, node.only, node.active_library)


@register.tag
def constant(parser: Parser, token: Token) -> Constant:
    """`{% constant %}...{% endconstant %}`: drawn once for each language, in a context of its own."""
    nodelist = parser.parse(("endconstant",))
    parser.delete_first_token()
    return Constant(nodelist)


@register.simple_block_tag
def twice(content: str) -> str:
    """`{% twice as menu %}...{% endtwice %}`: drawn once, for all the places in which `{{ menu }}` stands."""
    return content
