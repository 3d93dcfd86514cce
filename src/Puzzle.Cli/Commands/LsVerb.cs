using System.CommandLine;
using Puzzle.Cli.Wiring;
using Puzzle.Core.Recipes;
using Puzzle.Core.Variants;
using Spectre.Console;

namespace Puzzle.Cli.Commands;

/// <summary><c>puzzle ls recipes|variants|stages|keys</c>: what there is.</summary>
internal sealed class LsVerb : Verb
{
    private static readonly string[] s_kinds = ["recipes", "variants", "stages", "keys"];
    private readonly Argument<string> _what = new("WHAT") { Description = "recipes, variants, stages or keys (of recipes)." };

    public override string Name => "ls";

    public override IReadOnlyList<string> Examples => ["puzzle ls recipes", "puzzle ls variants", "puzzle ls keys"];

    protected override Command Describe()
    {
        _what.AcceptOnlyFromAmong(s_kinds);
        return new(Name, "List what there is.") { _what };
    }

    protected override int Run(Session session, ParseResult parsed)
    {
        var rows = parsed.GetValue(_what) switch
        {
            "recipes" => Recipes(),
            "variants" => [.. VariantCatalogue.All.Select(variant => (variant.Subblock == SubblockKind.Attention ? "attention" : "ffn", variant.Syntax))],
            "stages" => [.. StageCatalogue.All.Select(stage => (stage.Name, stage.Purpose))],
            _ => Keys(),
        };
        var table = new Table().Border(TableBorder.None).HideHeaders().AddColumns("", "");
        foreach (var (name, about) in rows)
            table.AddRow(Markup.Escape(name), Markup.Escape(about));
        session.Results.Write(table);
        return session.Done(new { Status = "ok", Items = rows.Select(row => new { row.Name, row.About }) });
    }

    // The recipes that ship lie beside the sources; an installed tool has none.
    private static List<(string Name, string About)> Recipes()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var recipes = Path.Combine(folder.FullName, "recipes");
            if (File.Exists(Path.Combine(folder.FullName, "Puzzle.slnx")) && Directory.Exists(recipes))
            {
                return [.. Directory.EnumerateFiles(recipes, "*.yaml").Order(StringComparer.Ordinal).Select(file =>
                    (Path.GetRelativePath(Directory.GetCurrentDirectory(), file), File.ReadLines(file).FirstOrDefault(line => line.StartsWith('#'))?.TrimStart('#', ' ') ?? ""))];
            }
        }

        return [];
    }

    private static List<(string Name, string About)> Keys()
    {
        var rows = new List<(string, string)>();
        Walk(RecipeSchema.Embedded(typeof(Recipe)), "");
        return rows;

        void Walk(System.Text.Json.Nodes.JsonObject schema, string path)
        {
            foreach (var (key, value) in schema["properties"]!.AsObject())
            {
                var about = value!.AsObject();
                var name = path + key;
                if (about["properties"] is not null)
                {
                    Walk(about, name + ".");
                    continue;
                }

                rows.Add((name, about["description"]?.GetValue<string>() ?? ""));
                var item = about["items"]?["properties"] is not null ? about["items"] : about["items"]?["anyOf"]?.AsArray().LastOrDefault();
                if (item is System.Text.Json.Nodes.JsonObject section && section["properties"] is not null)
                    Walk(section, name + ".N.");
            }
        }
    }
}
