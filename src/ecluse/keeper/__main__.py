"""`keeper.pyz VERB …`: one program for all host processes. `talk` is run for each connection of a deployer, `attach`
before each command of a person's, so they don't wait for the rest to be imported."""

import sys

if __name__ == "__main__":
    if sys.argv[1:2] == ["talk"]:
        from ecluse.keeper import talk

        sys.exit(talk.main(sys.argv[2:]))
    if sys.argv[1:2] == ["attach"]:
        from ecluse.keeper import attach

        sys.exit(attach.main(sys.argv[2:]))
    from ecluse.keeper import verbs

    sys.exit(verbs.main())
