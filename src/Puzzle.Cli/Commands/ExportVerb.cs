using System.CommandLine;
using Puzzle.Cli.Wiring;
using Puzzle.Core.Errors;
using Puzzle.Core.Export;
using Puzzle.Core.Runs;
using Spectre.Console;

namespace Puzzle.Cli.Commands;

/// <summary><c>puzzle export RECIPE</c>, the stage, and <c>puzzle export FORMAT CHILD OUT</c>, one model in another format.</summary>
internal sealed class ExportVerb(IStage stage) : Verb
{
    private readonly Argument<string[]> _what = new("RECIPE | FORMAT CHILD OUT")
    {
        Description = $"A recipe; or a format ({string.Join(", ", ExportNames.All)}), a model, and the folder or file to write.",
        HelpName = "RECIPE | FORMAT CHILD OUT",
        Arity = new ArgumentArity(1, 3),
    };

    private readonly Option<string?> _type = new("--dtype") { Description = "How weights are stored: f32, f16, bf16; in gguf also q8_0, q4_0. Default: as in the model.", HelpName = "TYPE" };
    private readonly Option<string[]> _set = Arguments.Set();
    private readonly Option<bool> _again = new("--again") { Description = "Do the stage again although its result is there." };

    public override string Name => stage.Name;

    public override IReadOnlyList<string> Examples =>
    [
        "puzzle export my.yaml",
        "puzzle export gguf runs/my/child child.gguf --dtype f16",
        "puzzle export hf-inflated runs/my/child child-inflated",
    ];

    protected override Command Describe() => new(Name, $"Stage: {stage.Purpose}; or write one model in another format, read it back and compare.") { _what, _type, _set, _again };

    protected override int Run(Session session, ParseResult parsed)
    {
        var what = parsed.GetValue(_what)!;
        var type = parsed.GetValue(_type);
        if (what.Length == 1)
        {
            if (type is not null)
                throw new RecipeException("--dtype goes with FORMAT CHILD OUT; in a recipe it is export.formats.N.dtype");
            return StageVerb.Run(session, what[0], parsed.GetValue(_set) ?? [], stage.Name, parsed.GetValue(_again));
        }

        if (what.Length != 3)
            throw new RecipeException("export takes a recipe, or FORMAT CHILD OUT");
        var kind = ExportNames.Format(what[0]);
        var exporter = StageCatalogue.Exporters.First(exporter => exporter.Kind == kind);
        var card = Path.Combine(what[1], "README.md");
        var record = exporter.Write(what[1], what[2], type is null ? null : ExportNames.Type(type), File.Exists(card) ? File.ReadAllText(card) : "");
        session.Results.WriteLine($"{ExportNames.Of(kind)}: {record.Path}");
        session.Results.WriteLine($"largest difference of log-probabilities when read back: {record.LargestDifference:G3}");
        return session.Done(new { Status = "ok", Format = ExportNames.Of(kind), record.Path, record.LargestDifference });
    }
}
