"""axe-core's judgement of a page: what a keyboard or a screen reader cannot use on it."""

from pathlib import Path

from playwright.async_api import Page

# Put there by tools/build_assets.py.
AXE = Path(__file__).parents[2] / "build/axe/axe.min.js"
RUN = """
async (rules) => {
    const found = await axe.run(document, {runOnly: {type: 'tag', values: rules}});
    const line = (fault, node) => `${fault.id} (${fault.impact}): ${node.target.join(' ')}: ${fault.help}`;
    return found.violations.flatMap(fault => fault.nodes.map(node => line(fault, node)));
}
"""
# WCAG 2.2 at level AA and everything below it.
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")


async def faults(page: Page) -> list[str]:
    """One line a fault of the page as it stands now; an empty list is a page that everybody can use."""
    # Evaluated rather than added as a script tag, so that the page's own content security policy stays in force.
    await page.evaluate(AXE.read_text(encoding="utf-8"))
    return await page.evaluate(RUN, list(RULES))
