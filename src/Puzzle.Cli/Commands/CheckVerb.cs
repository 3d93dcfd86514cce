using System.CommandLine;
using Puzzle.Core.Checkpoints;
using Puzzle.Core.Recipes;
using Puzzle.Core.Search;
using Puzzle.Core.Variants;
using Spectre.Console;

namespace Puzzle.Cli.Commands;

/// <summary><c>puzzle check RECIPE</c>: everything that can be told wrong before any work.</summary>
internal sealed class CheckVerb : Verb
{
    private readonly Argument<string> _recipe = Arguments.Recipe();
    private readonly Option<string[]> _set = Arguments.Set();

    public override string Name => "check";

    public override IReadOnlyList<string> Examples => ["puzzle check recipes/quickstart.yaml", "puzzle check my.yaml --set target.scenarios.0.limits.speedup=2x"];

    protected override Command Describe() => new(Name, "Check a recipe: every mistake with its line, and whether parent and data are there.") { _recipe, _set };

    protected override int Run(Session session, ParseResult parsed)
    {
        var recipe = RecipeReader.Read<Recipe>(parsed.GetValue(_recipe)!, parsed.GetValue(_set));
        using var parent = CheckpointFile.Open(recipe.Parent);
        var config = parent.Config;
        ExportTargets.Check(recipe, config);
        foreach (var source in recipe.Data.Sources.Concat(recipe.Data.Validation).Concat(recipe.Data.Test))
        {
            if (!Path.Exists(source.Path))
                throw new Core.Errors.BadInputException($"data: {source.Path}: no such file or folder");
        }

        var table = new Table().Border(TableBorder.None).HideHeaders().AddColumns("", "");
        var subblocks = Enumerable.Range(0, config.Layers.Count).Sum(layer => recipe.Variants.AttentionFor(config, layer).Count + recipe.Variants.FeedForwardFor(config, layer).Count);
        table.AddRow("parent", Markup.Escape($"{recipe.Parent}: {config.Family}, {config.Layers.Count} layers, {VariantCatalogue.Parameters(config):N0} parameters"));
        table.AddRow("attention", Markup.Escape(string.Join(", ", recipe.Variants.AttentionFor(config, 0))));
        table.AddRow("ffn", Markup.Escape(string.Join(", ", recipe.Variants.FeedForwardFor(config, 0))));
        table.AddRow("library", $"{subblocks} subblocks");
        foreach (var scenario in recipe.Target.Scenarios)
        {
            var limits = scenario.Limits.Given();
            table.AddRow("scenario", Markup.Escape($"{scenario.Name}: {scenario.PromptTokens} in, {scenario.OutputTokens} out, batch up to {scenario.BatchCap}; {(limits.Count == 0 ? "no limit" : string.Join(", ", limits.Select(l => $"{l.Key} {l.Amount}")))}"));
        }

        session.Results.Write(table);
        return session.Done(new { Status = "ok", recipe.Parent, Layers = config.Layers.Count, Parameters = VariantCatalogue.Parameters(config), Subblocks = subblocks });
    }
}
