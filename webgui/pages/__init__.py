"""The pages: each is a small view that gives its script what it begins with."""

from webgui.pages import health, login, metrics, monitor, places, tabs

blueprints = (
    health.blueprint,
    metrics.blueprint,
    login.blueprint,
    monitor.blueprint,
    *tabs.blueprints,
    *places.blueprints,
)
