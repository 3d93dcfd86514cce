using System.CommandLine;
using Puzzle.Cli.Wiring;
using Puzzle.Core.Recipes;
using Puzzle.Core.Runs;

namespace Puzzle.Cli.Commands;

/// <summary><c>puzzle run RECIPE</c>: every stage, from the parent to the report.</summary>
internal sealed class RunVerb : Verb
{
    private readonly Argument<string> _recipe = Arguments.Recipe();
    private readonly Option<string[]> _set = Arguments.Set();
    private readonly Option<string?> _from = new("--from") { Description = "Do this stage and all after it again; those before it are taken as they are.", HelpName = "STAGE" };
    private readonly Option<string?> _until = new("--until") { Description = "Stop after this stage.", HelpName = "STAGE" };
    private readonly Option<bool> _dryRun = new("--dry-run") { Description = "Only tell which stages would run and what they would take." };

    public override string Name => "run";

    public override IReadOnlyList<string> Examples =>
    [
        "puzzle run recipes/quickstart.yaml",
        "puzzle run my.yaml --dry-run",
        "puzzle run my.yaml --set target.scenarios.0.limits.speedup=2x      only solve and later are done again",
        "puzzle run my.yaml --from heal --set heal.tokens=20M",
    ];

    protected override Command Describe()
    {
        foreach (var option in new[] { _from, _until })
            option.CompletionSources.Add([.. StageCatalogue.All.Select(stage => stage.Name)]);
        return new(Name, "Run a recipe: compress a parent, stage by stage. What is done already is not done again.") { _recipe, _set, _from, _until, _dryRun };
    }

    protected override int Run(Session session, ParseResult parsed)
    {
        var path = parsed.GetValue(_recipe)!;
        var recipe = RecipeReader.Read<Recipe>(path, parsed.GetValue(_set));
        var run = new RecipeRun(session, recipe, Path.GetFileNameWithoutExtension(path));
        var options = new PipelineOptions { From = parsed.GetValue(_from), Until = parsed.GetValue(_until) };
        return parsed.GetValue(_dryRun) ? run.Plan(options) : run.Run(options);
    }
}
