using System.CommandLine;
using Puzzle.Cli.Wiring;
using Puzzle.Core.Recipes;
using Puzzle.Core.Runs;

namespace Puzzle.Cli.Commands;

/// <summary>A stage as a verb: <c>puzzle distill RECIPE</c> runs a recipe until that stage.</summary>
internal sealed class StageVerb(IStage stage) : Verb
{
    private readonly Argument<string> _recipe = Arguments.Recipe();
    private readonly Option<string[]> _set = Arguments.Set();
    private readonly Option<bool> _again = new("--again") { Description = "Do the stage again although its result is there." };

    public override string Name => stage.Name;

    public override IReadOnlyList<string> Examples => [$"puzzle {stage.Name} my.yaml", $"puzzle {stage.Name} my.yaml --again"];

    protected override Command Describe() => new(Name, $"Stage: {stage.Purpose}. Stages before it are run where they are not done.") { _recipe, _set, _again };

    protected override int Run(Session session, ParseResult parsed) => Run(session, parsed.GetValue(_recipe)!, parsed.GetValue(_set) ?? [], stage.Name, parsed.GetValue(_again));

    /// <summary>Runs a recipe until a stage.</summary>
    public static int Run(Session session, string path, string[] settings, string stage, bool again = false)
    {
        var recipe = RecipeReader.Read<Recipe>(path, settings);
        return new RecipeRun(session, recipe, Path.GetFileNameWithoutExtension(path))
            .Run(new PipelineOptions { From = again ? stage : null, Until = stage });
    }
}
