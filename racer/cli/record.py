"""`racer record`: record baseline laps of a person, or of any driver."""

from __future__ import annotations

import argparse
from pathlib import Path

from racer.envs.circuit.options import LAPS_DIR

DESCRIPTION = """\
Records laps as a baseline. With a person's name it opens a window and counts valid laps until the
wanted number is driven; Esc ends it earlier. With casual, good, keyboard, random, a policy
(*.onnx), a run's folder or a lap (*.lap.npz) as the driver it records without a window. Every lap
is a file with all inputs since the car was at rest, so that it is proved; a table of the laps is
printed at the end."""


def add_parser(sub: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the `record` command."""
    parser = sub.add_parser(
        "record",
        help="record baseline laps of a person or a driver",
        description=DESCRIPTION,
        epilog="example: racer record --driver Ada --track harbour --laps 5",
    )
    parser.add_argument("--driver", required=True, metavar="NAME", help="who drives")
    parser.add_argument("--track", required=True, help="a circuit of the catalogue or a file")
    parser.add_argument("--laps", type=int, default=3, help="valid laps wanted (default 3)")
    parser.add_argument("--device", help="what a person steers with (default keyboard)")
    parser.add_argument("--vehicle", default="gt", help="the vehicle (default gt)")
    parser.add_argument("--laps-dir", type=Path, metavar="DIR", help=LAPS_DIR)
    parser.add_argument("--fullscreen", action="store_true", help="use the whole screen")
    parser.add_argument("--seed", type=int, default=0, help="random seed of the driver")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Records; 0 if the wanted number of valid laps was driven, else 1."""
    from racer.cli.checks import check_device, check_person, check_seed
    from racer.envs.circuit.checks import check_lap_track, check_vehicle
    from racer.errors import RacerError
    from racer.formats.text import show_path, shown
    from racer.play.circuit.keeper import LapKeeper
    from racer.play.circuit.recording import is_agent, lap_table
    from racer.tracks import load_track

    if not 1 <= args.laps <= 1000:
        raise RacerError(f"--laps must be from 1 to 1000, not {args.laps}.")
    if not args.driver.strip():
        raise RacerError("--driver is empty; it is a person's name or a driver.")
    check_vehicle(args.vehicle)
    check_seed(args.seed)
    agent = is_agent(args.driver)
    if agent and args.device is not None:
        raise RacerError(
            f"--device is for people; with the driver {shown(args.driver)}, leave it out."
        )
    if not agent:
        check_person(args.driver, "--driver")
        check_device("keyboard" if args.device is None else args.device)
    track = load_track(args.track)
    check_lap_track(track, args.track)
    keeper = LapKeeper(args.laps_dir)
    if agent:
        from racer.drivers import make_driver
        from racer.drivers.named import device_of
        from racer.play.circuit.recording import record_agent

        driver = make_driver(args.driver, track, args.vehicle, args.seed)
        rows = record_agent(
            track,
            driver,
            keeper,
            laps=args.laps,
            vehicle=args.vehicle,
            device=device_of(driver),
            tell=lambda row: print(show_path(row.path)),
        )
        keeper.close()
    else:
        from racer.viewer.need import need

        need("pygame", "the viewer")
        from racer.viewer.circuit.guide import record_person

        rows = record_person(
            track,
            args.driver,
            keeper,
            laps=args.laps,
            vehicle=args.vehicle,
            device=args.device or "keyboard",
            fullscreen=args.fullscreen,
        )
        for row in rows:
            print(show_path(row.path))
    if rows:
        print(lap_table(rows))
    valid = sum(row.valid for row in rows)
    if valid < args.laps:
        print(f"{valid} of {args.laps} valid laps")
        return 1
    return 0
