"""Drivers for the highway."""

from __future__ import annotations

from typing import TYPE_CHECKING

from racer.lazy import loader

if TYPE_CHECKING:
    from racer.drivers.highway.drivers import BUILT_IN as BUILT_IN
    from racer.drivers.highway.drivers import IDLE as IDLE
    from racer.drivers.highway.drivers import POLICIES as POLICIES
    from racer.drivers.highway.drivers import HighwayDriver as HighwayDriver
    from racer.drivers.highway.drivers import HighwayOnnxDriver as HighwayOnnxDriver
    from racer.drivers.highway.drivers import IdleDriver as IdleDriver
    from racer.drivers.highway.drivers import RandomHighwayDriver as RandomHighwayDriver
    from racer.drivers.highway.drivers import TrafficDriver as TrafficDriver
    from racer.drivers.highway.drivers import list_policies as list_policies
    from racer.drivers.highway.drivers import make_highway_driver as make_highway_driver

__getattr__ = loader(
    __name__,
    {
        "BUILT_IN": "racer.drivers.highway.drivers",
        "HighwayDriver": "racer.drivers.highway.drivers",
        "HighwayOnnxDriver": "racer.drivers.highway.drivers",
        "IdleDriver": "racer.drivers.highway.drivers",
        "IDLE": "racer.drivers.highway.drivers",
        "POLICIES": "racer.drivers.highway.drivers",
        "RandomHighwayDriver": "racer.drivers.highway.drivers",
        "TrafficDriver": "racer.drivers.highway.drivers",
        "list_policies": "racer.drivers.highway.drivers",
        "make_highway_driver": "racer.drivers.highway.drivers",
    },
)
