"""`keeper.pyz VERB …`: one program for all host processes. `talk` is run for each connection of a deployer, `pass`
for each of a tunnel, `attach` before a command of a person's: they don't wait for the rest to be imported."""

import sys

if __name__ == "__main__":
    if sys.argv[1:2] == ["talk"]:
        from ecluse.keeper import talk

        sys.exit(talk.main(sys.argv[2:]))
    if sys.argv[1:2] == ["attach"]:
        from ecluse.keeper import attach

        sys.exit(attach.main(sys.argv[2:]))
    if sys.argv[1:2] == ["pass"]:
        from ecluse.keeper import passing

        sys.exit(passing.main(sys.argv[2:]))
    from ecluse.keeper import verbs

    sys.exit(verbs.main())
