"""Repairs of state that is shared by accident."""

from __future__ import annotations

from repair_check import check, offered

RENDERER = """\
    export class Renderer {
      private locale = 'en';

      constructor(private readonly catalog: { load(name: string): Promise<string> }) {}

      async render(name: string, wanted: string): Promise<string> {
        this.locale = wanted;
        const text = await this.catalog.load(name);
        return `${this.locale}: ${text}`;
      }
    }
    """


def test_a_field_of_one_function_becomes_a_variable() -> None:
    check(
        RENDERER,
        "make-local",
        ("  private locale = 'en';\n\n", ""),
        ("this.locale = wanted", "const locale = wanted"),
        ("${this.locale}", "${locale}"),
    )


def test_a_name_that_is_taken_is_not_shadowed() -> None:
    got = offered(RENDERER.replace("wanted", "locale"))
    assert "const ownLocale = locale;" in got["make-local"] and "${ownLocale}" in got["make-local"]


def test_a_field_that_others_read_stays() -> None:
    reader = "  current(): string {\n        return this.locale;\n      }\n    }\n    "
    assert "make-local" not in offered(RENDERER.rstrip(" ").removesuffix("}\n") + reader)


def test_a_variable_of_the_module_moves_into_its_function() -> None:
    before = """\
        import { notes, users } from './db';
        import { sanitize } from './sanitize';

        let user: { id: string } | null = null;

        export async function post(token: string, text: string): Promise<void> {
          user = await users.findByToken(token);
          if (user === null) return;
          const clean = await sanitize(text);
          await notes.insert({ ownerId: user.id, text: clean });
        }
        """
    check(
        before,
        "make-local",
        ("let user: { id: string } | null = null;\n\n", ""),
        ("  user = await", "  const user = await"),
    )
