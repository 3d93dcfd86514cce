using System.CommandLine;
using Spectre.Console;
using Puzzle.Core.Checkpoints;
using Puzzle.Core.Errors;
using Puzzle.Core.Recipes;
using Puzzle.Core.Runs;
using Puzzle.Core.Telemetry;
using Puzzle.Core.Variants;

namespace Puzzle.Cli.Commands;

/// <summary><c>puzzle new RECIPE --parent PATH</c>: a commented recipe to begin with.</summary>
internal sealed class NewVerb : Verb
{
    private readonly Argument<string> _recipe = new("RECIPE") { Description = "The file to write." };
    private readonly Option<string> _parent = new("--parent") { Description = "The model to compress.", Required = true, HelpName = "MODEL" };
    private readonly Option<string[]> _data = new("--data") { Description = "Text to train on. May be given several times.", HelpName = "PATH", DefaultValueFactory = _ => [] };
    private readonly Option<bool> _force = new("--force") { Description = "Write over an existing file." };

    public override string Name => "new";

    public override IReadOnlyList<string> Examples => ["puzzle new my.yaml --parent path/to/model", "puzzle new my.yaml --parent model.gguf --data books/"];

    protected override Command Describe() => new(Name, "Write a commented recipe for a parent.") { _recipe, _parent, _data, _force };

    protected override int Run(Session session, ParseResult parsed)
    {
        var path = Path.GetFullPath(parsed.GetValue(_recipe)!);
        if (File.Exists(path) && !parsed.GetValue(_force))
            throw new RecipeException($"{path} is there already; --force writes over it");
        var name = parsed.GetValue(_parent)!;
        using var parent = CheckpointFile.Open(name);
        var config = parent.Config;
        var recipe = RecipeForParent.Choose(
            Path.Exists(name) ? Path.GetFullPath(name) : name, config, new Limits { Speedup = 1.5 },
            [.. parsed.GetValue(_data)!.Select(Path.GetFullPath)], budget: null, ProcessMemory.Available ?? GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);
        var kvHeads = config.MaxKvHeads;
        if (kvHeads > 0)
        {
            var divisors = Enumerable.Range(1, kvHeads).Where(k => kvHeads % k == 0).Reverse().Select(k => new AttentionChoice($"gqa_{k}"));
            recipe = recipe with { Variants = recipe.Variants with { Attention = [.. divisors, new("linear"), new("no_op")] } };
        }

        var header = $"""
            Compresses {name}: {config.Family}, {config.Layers.Count} layers, hidden size {config.HiddenSize}, {VariantCatalogue.Parameters(config):N0} parameters.
            Run it:    puzzle run {Path.GetFileName(path)}
            Plan only: puzzle run {Path.GetFileName(path)} --dry-run
            Keys behind # stand at their default. Relative paths start from this file's folder.
            """;
        AtomicFile.WriteText(path, RecipeWriter.Write(recipe, header));
        session.Results.WriteLine($"{path}: edit target and data, then: puzzle run {Path.GetFileName(path)}");
        return session.Done(new { Status = "ok", Recipe = path });
    }
}
