"""``python -m chappe.cli``: the same as the ``chappe`` script."""

from chappe.cli import main

if __name__ == "__main__":
    main()
