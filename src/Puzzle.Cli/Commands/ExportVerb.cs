using System.CommandLine;
using Puzzle.Cli.Wiring;
using Puzzle.Core.Checkpoints;
using Puzzle.Core.Data;
using Puzzle.Core.Errors;
using Puzzle.Core.Export;
using Puzzle.Core.Recipes;
using Puzzle.Core.Runs;
using Puzzle.Core.Text;
using Spectre.Console;

namespace Puzzle.Cli.Commands;

/// <summary><c>puzzle export RECIPE</c>, the stage, and <c>puzzle export FORMAT CHILD OUT</c>, one model in another format.</summary>
internal sealed class ExportVerb(IStage stage) : Verb
{
    private const int WindowTokens = 128;
    private const int MostWindows = 512;

    private readonly Argument<string[]> _what = new("RECIPE | FORMAT CHILD OUT")
    {
        Description = $"A recipe; or a format ({string.Join(", ", ExportNames.All)}), a model, and the folder or file to write.",
        HelpName = "RECIPE | FORMAT CHILD OUT",
        Arity = new ArgumentArity(1, 3),
    };

    private readonly Option<string?> _type = new("--dtype") { Description = "How weights are stored: f32, f16, bf16; in gguf also q8_0, q4_0. Default: as in the model.", HelpName = "TYPE" };
    private readonly Option<string?> _distillLinear = new("--distill-linear")
    {
        Description = "gguf has no linear feed-forward networks: turn each into a small SwiGLU that learns on this text to do the same.",
        HelpName = "TEXT",
    };

    private readonly Option<string[]> _set = Arguments.Set();
    private readonly Option<bool> _again = new("--again") { Description = "Do the stage again although its result is there." };

    public override string Name => stage.Name;

    public override IReadOnlyList<string> Examples =>
    [
        "puzzle export my.yaml",
        "puzzle export gguf runs/my/child child.gguf --dtype f16",
        "puzzle export hf-inflated runs/my/child child-inflated",
    ];

    protected override Command Describe() => new(Name, $"Stage: {stage.Purpose}; or write one model in another format, read it back and compare.") { _what, _type, _distillLinear, _set, _again };

    protected override int Run(Session session, ParseResult parsed)
    {
        var what = parsed.GetValue(_what)!;
        var type = parsed.GetValue(_type);
        if (what.Length == 1)
        {
            if (type is not null)
                throw new RecipeException("--dtype goes with FORMAT CHILD OUT; in a recipe it is export.formats.N.dtype");
            if (parsed.GetValue(_distillLinear) is not null)
                throw new RecipeException("--distill-linear goes with gguf CHILD OUT; in a recipe it is export.linear_ffn: distill");
            return StageVerb.Run(session, what[0], parsed.GetValue(_set) ?? [], stage.Name, parsed.GetValue(_again));
        }

        if (what.Length != 3)
            throw new RecipeException("export takes a recipe, or FORMAT CHILD OUT");
        var kind = ExportNames.Format(what[0]);
        var exporter = StageCatalogue.Exporters.First(exporter => exporter.Kind == kind);
        var card = Path.Combine(what[1], "README.md");
        var text = File.Exists(card) ? File.ReadAllText(card) : "";
        var stored = type is null ? (WeightsType?)null : ExportNames.Type(type);
        var record = parsed.GetValue(_distillLinear) is { } learnFrom
            ? WithoutLinears(session, kind, exporter, what[1], what[2], stored, text, learnFrom)
            : exporter.Write(what[1], what[2], stored, text);
        session.Results.WriteLine($"{ExportNames.Of(kind)}: {record.Path}");
        session.Results.WriteLine($"largest difference of log-probabilities when read back: {record.LargestDifference:G3}");
        return session.Done(new { Status = "ok", Format = ExportNames.Of(kind), record.Path, record.LargestDifference });
    }

    private static ExportRecord WithoutLinears(Session session, ExportKind kind, IExporter exporter, string child, string path, WeightsType? type, string card, string learnFrom)
    {
        if (kind != ExportKind.Gguf)
            throw new RecipeException($"--distill-linear is for gguf; {ExportNames.Of(kind)} is written without it");
        if (!File.Exists(learnFrom))
            throw new BadInputException($"{learnFrom}: no such file; --distill-linear needs a text to learn from");
        using (var source = CheckpointFile.Open(child))
        {
            if (!LinearNetworks.AreIn(source.Config))
                return exporter.Write(child, path, type, card);
        }

        var folder = Directory.CreateTempSubdirectory("puzzle-").FullName;
        try
        {
            var ids = Tokenizers.Load(CheckpointFile.Find(child)).Encode(File.ReadAllText(learnFrom));
            if (ids.Length < 2 * WindowTokens)
                throw new BadInputException($"{learnFrom}: {ids.Length} tokens; at least {2 * WindowTokens} are needed");
            var windows = new TokenWindows(ids, WindowTokens, seed: 0);
            using var ids_WT = windows.Shuffled(0, Math.Min(windows.Count, MostWindows));
            var converted = Path.Combine(folder, "child");
            var replacement = LinearNetworks.WriteFolder(child, converted, ids_WT, cancellation: session.Cancellation);
            session.Results.WriteLine(replacement.Note());
            return exporter.Write(converted, path, type, $"{card}\n\n{replacement.Note()}\n");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
