using System.CommandLine;
using Puzzle.Cli.Wiring;
using Puzzle.Core.Checkpoints;
using Puzzle.Core.Errors;
using Puzzle.Core.Recipes;
using Puzzle.Core.Runs;
using Puzzle.Core.Telemetry;

namespace Puzzle.Cli.Commands;

/// <summary><c>puzzle compress PARENT OUT --speedup 1.5</c>: a run without a recipe file; the recipe it used is written beside the child.</summary>
internal sealed class CompressVerb : Verb
{
    private readonly Argument<string> _parent = new("PARENT") { Description = "The model to compress: a folder, a GGUF file, or a hub id in the local cache." };
    private readonly Argument<string> _out = new("OUT") { Description = "The run folder: the child in OUT/child, the recipe and the report beside it." };
    private readonly Option<string?> _speedup = new("--speedup") { Description = "Generated tokens per second, at least so many times the parent's.", HelpName = "1.5" };
    private readonly Option<string?> _memory = new("--memory") { Description = "Weights, keys and values and workspace, at most: 8GiB, 500MiB or 70%.", HelpName = "SIZE" };
    private readonly Option<string?> _params = new("--params") { Description = "Block parameters, at most: 70% or a number.", HelpName = "SHARE" };
    private readonly Option<string[]> _data = new("--data") { Description = "Text to train on; without it, text is sampled from the parent. May be given several times.", HelpName = "PATH", DefaultValueFactory = _ => [] };
    private readonly Option<string?> _budget = new("--budget") { Description = "Wall time for the whole run: 2h, 45m, 1h30m.", HelpName = "TIME" };
    private readonly Option<string[]> _set = Arguments.Set();
    private readonly Option<bool> _dryRun = new("--dry-run") { Description = "Only tell which stages would run and what they would take." };

    public override string Name => "compress";

    public override IReadOnlyList<string> Examples =>
    [
        "puzzle compress path/to/model out --speedup 1.5 --data books/",
        "puzzle compress model.gguf out --params 70% --budget 2h",
        "puzzle compress org/model out --memory 8GiB",
    ];

    protected override Command Describe() => new(Name, "Compress a model without a recipe file: settings follow from its size, this machine and the time there is.")
    {
        _parent, _out, _speedup, _memory, _params, _data, _budget, _set, _dryRun,
    };

    protected override int Run(Session session, ParseResult parsed)
    {
        var limits = new Limits
        {
            Speedup = Read<Factor>("--speedup", parsed.GetValue(_speedup)),
            MaxMemoryGib = parsed.GetValue(_memory) is { } memory ? Sizes.Gib("--memory", memory) : null,
            MaxParams = parsed.GetValue(_params) is { } share ? Sizes.Count("--params", share) : null,
        };
        if (limits.Given().Count == 0)
            throw new RecipeException("compress needs a limit: --speedup 1.5, --memory 8GiB or --params 70%");
        var budget = parsed.GetValue(_budget) is { } time ? Sizes.Duration("--budget", time) : (TimeSpan?)null;
        var name = parsed.GetValue(_parent)!;
        var parentPath = Path.Exists(name) ? Path.GetFullPath(name) : name;
        var data = parsed.GetValue(_data)!.Select(Path.GetFullPath).ToArray();
        var folder = Path.GetFullPath(parsed.GetValue(_out)!);
        var recipePath = Path.Combine(folder, "recipe.yaml");
        var asked = new Asked(parentPath, RecipeJson.Canonical(limits), data, budget?.TotalMinutes);

        // Defaults follow from what the machine has free at the moment: the same command again must mean the same run.
        var askedPath = Path.Combine(folder, "compress.json");
        string text;
        if (AtomicFile.TryReadJson<Asked>(askedPath) is { } before && before.Equivalent(asked) && File.Exists(recipePath))
        {
            text = File.ReadAllText(recipePath);
        }
        else
        {
            using var parent = CheckpointFile.Open(parentPath);
            var chosen = RecipeForParent.Choose(parentPath, parent.Config, limits, data, budget, ProcessMemory.Available ?? GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);
            text = RecipeWriter.Write(chosen with { Output = folder }, $"What 'puzzle compress {name}' chose. 'puzzle run' on this file does the same again; change it as you like.");
            if (!parsed.GetValue(_dryRun))
            {
                AtomicFile.WriteText(recipePath, text);
                AtomicFile.WriteJson(askedPath, asked);
            }
        }

        var recipe = RecipeReader.Parse<Recipe>(text, recipePath, folder, parsed.GetValue(_set));
        var run = new RecipeRun(session, recipe, "compress", text);
        return parsed.GetValue(_dryRun) ? run.Plan(new()) : run.Run(new());
    }

    private static T? Read<T>(string option, string? text)
        where T : struct, IRecipeValue<T> =>
        text is null ? null : T.TryParse(text, null, out var value) ? value : throw new RecipeException($"{option}: expected {T.Expected}, found '{text}'");

    private sealed record Asked(string Parent, string Limits, IReadOnlyList<string> Data, double? Minutes)
    {
        public bool Equivalent(Asked other) => Parent == other.Parent && Limits == other.Limits && Data.SequenceEqual(other.Data) && Minutes == other.Minutes;
    }
}
