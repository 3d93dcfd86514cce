using System.CommandLine;
using Puzzle.Core.Checkpoints;
using Puzzle.Core.Variants;
using Spectre.Console;

namespace Puzzle.Cli.Commands;

/// <summary><c>puzzle inspect MODEL</c>: layers, shapes, parameters, memory.</summary>
internal sealed class InspectVerb : Verb
{
    private readonly Argument<string> _model = Arguments.Model();
    private readonly Option<bool> _tensors = new("--tensors") { Description = "List every tensor." };
    private readonly Option<int> _context = new("--context") { Description = "Tokens for which the key-value memory is given.", HelpName = "TOKENS", DefaultValueFactory = _ => 1024 };

    public override string Name => "inspect";

    public override IReadOnlyList<string> Examples => ["puzzle inspect path/to/model", "puzzle inspect model.gguf --tensors", "puzzle inspect runs/quickstart/child --json"];

    protected override Command Describe() => new(Name, "Show a model's layers, shapes, parameters and memory.") { _model, _tensors, _context };

    protected override int Run(Session session, ParseResult parsed)
    {
        const double mib = 1048576;
        using var model = CheckpointFile.Open(parsed.GetValue(_model)!);
        var config = model.Config;
        var context = parsed.GetValue(_context);
        var parameters = VariantCatalogue.Parameters(config);
        var blocks = VariantCatalogue.BlockParameters(config);
        var kv = VariantCatalogue.KvElements(config, context);
        var layers = config.Layers.Select((layer, i) => new
        {
            Layer = i,
            Attention = layer.Attention.Id,
            AttentionParams = VariantCatalogue.Of(layer.Attention).Parameters(layer.Attention, config),
            Ffn = layer.FeedForward.Id,
            FfnParams = VariantCatalogue.Of(layer.FeedForward).Parameters(layer.FeedForward, config),
            KvBytesPerToken = VariantCatalogue.Of(layer.Attention).KvElements(layer.Attention, config, 1) * 4,
        }).ToList();
        var stored = model.Tensors.Values.GroupBy(t => t.Type).ToDictionary(g => g.Key.ToString(), g => g.Sum(t => t.Count));

        var facts = new Table().Border(TableBorder.None).HideHeaders().AddColumns("", "");
        facts.AddRow("model", Markup.Escape(Path.GetFullPath(model.Path)));
        facts.AddRow("family", config.Family);
        facts.AddRow("hidden size", $"{config.HiddenSize:N0}; {config.Heads} heads of {config.HeadDim}; vocabulary {config.VocabSize:N0}{(config.TieWordEmbeddings ? ", tied" : "")}");
        facts.AddRow("parameters", $"{parameters:N0}, of which {blocks:N0} in blocks");
        facts.AddRow("stored as", string.Join(", ", stored.Select(pair => $"{pair.Key} ({pair.Value:N0})")));
        facts.AddRow("weights", $"{parameters * 4 / mib:N1} MiB in float32, {parameters * 2 / mib:N1} MiB in 16 bits");
        facts.AddRow("keys, values", $"{kv * 4 / mib:N2} MiB in float32 for one sequence of {context:N0} tokens");
        session.Results.Write(facts);
        var table = new Table().Border(TableBorder.Simple).AddColumns("layer", "attention", "parameters", "ffn", "parameters", "KV bytes/token");
        foreach (var layer in layers)
            table.AddRow($"{layer.Layer}", layer.Attention, $"{layer.AttentionParams:N0}", layer.Ffn, $"{layer.FfnParams:N0}", $"{layer.KvBytesPerToken:N0}");
        session.Results.Write(table);
        if (parsed.GetValue(_tensors))
        {
            var all = new Table().Border(TableBorder.Simple).AddColumns("tensor", "type", "shape");
            foreach (var tensor in model.Tensors.Values.OrderBy(t => t.Name, StringComparer.Ordinal))
                all.AddRow(Markup.Escape(tensor.Name), tensor.Type.ToString(), $"{string.Join(" x ", tensor.Shape)}");
            session.Results.Write(all);
        }

        return session.Done(new
        {
            Status = "ok",
            Model = Path.GetFullPath(model.Path),
            config.Family,
            config.HiddenSize,
            config.VocabSize,
            config.Heads,
            config.HeadDim,
            config.TieWordEmbeddings,
            Params = parameters,
            BlockParams = blocks,
            WeightsMib = parameters * 4 / mib,
            KvMib = kv * 4 / mib,
            Context = context,
            StoredAs = stored,
            Layers = layers,
        });
    }
}
