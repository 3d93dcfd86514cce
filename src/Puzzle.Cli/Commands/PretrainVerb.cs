using System.CommandLine;
using Puzzle.Core.Pretraining;
using Puzzle.Core.Recipes;
using Puzzle.Core.Runtime;
using Spectre.Console;
using TorchSharp;

namespace Puzzle.Cli.Commands;

/// <summary><c>puzzle pretrain RECIPE</c>: a small parent from nothing, on generated stories.</summary>
internal sealed class PretrainVerb : Verb
{
    private readonly Argument<string> _recipe = Arguments.Recipe();
    private readonly Option<string[]> _set = Arguments.Set();

    public override string Name => "pretrain";

    public override IReadOnlyList<string> Examples =>
        ["puzzle pretrain recipes/quickstart-parent.yaml", "puzzle pretrain recipes/quickstart-parent.yaml --set architecture.layers=4 --set output=half"];

    protected override Command Describe() => new(Name, "Train a small parent from nothing on generated stories; a killed training goes on where it was.") { _recipe, _set };

    protected override int Run(Session session, ParseResult parsed)
    {
        var recipe = RecipeReader.Read<PretrainRecipe>(parsed.GetValue(_recipe)!, parsed.GetValue(_set));
        Libtorch.Load();
        var threads = recipe.Threads > 0 ? recipe.Threads : Environment.ProcessorCount;
        torch.set_num_threads(threads);
        var result = new PretrainRun(recipe, session.Progress, threads).Run(session.Cancellation);
        session.CloseScreen();
        var table = new Table().Border(TableBorder.Simple).AddColumns("task", "validation", "test");
        foreach (var (task, share) in result.Validation)
            table.AddRow(task, $"{share:P1}", $"{result.Test[task]:P1}");
        table.AddRow("mean", $"{result.ValidationMean:P1}", $"{result.TestMean:P1}");
        session.Results.Write(table);
        session.Results.WriteLine($"{result.Folder}: {result.Parameters:N0} parameters, {result.Tokens:N0} tokens in {result.Minutes:0.0} minutes, loss {result.Loss:0.0000}");
        return session.Done(result);
    }
}
