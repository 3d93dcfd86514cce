using Puzzle.Core.Checkpoints;
using Puzzle.Core.Library;
using Puzzle.Core.Models;
using Puzzle.Core.Stories;
using Puzzle.Core.Text;
using Puzzle.Core.Variants;
using static TorchSharp.torch;

namespace Puzzle.Cli.Tests;

/// <summary>A small random parent with a tokenizer, texts, tasks and a table of costs in a folder of its own, and a recipe over them.</summary>
internal sealed class TinyParent : IDisposable
{
    private const int Layers = 3;

    public TinyParent()
    {
        Core.Runtime.Libtorch.Load();
        Write("stories.txt", string.Join("\n\n", new StoryGenerator(3, StorySplit.Train).Stories().Take(150).Select(story => story.Text)));
        Write("held-out.txt", string.Join("\n\n", new StoryGenerator(4, StorySplit.Validation).Stories().Take(40).Select(story => story.Text)));
        Write("questions.jsonl", string.Concat(new StoryGenerator(5, StorySplit.Test).Stories().SelectMany(story => story.Questions).Take(30)
            .Select(question => System.Text.Json.JsonSerializer.Serialize(new { context = question.Context, choices = question.Choices, gold = question.Gold }) + "\n")));
        var tokenizer = BpeTrainer.Train([File.ReadAllText(PathOf("stories.txt"))], 320, ["<|end|>"]);
        using var model = Create(320);
        ChildFolderWriter.Write(PathOf("parent"), model.Config, TensorReader.Of(model.Named()), new ChildFolderOptions
        {
            Format = ChildFormat.Plain,
            Type = StoredType.F32,
            Files = new Dictionary<string, string> { ["tokenizer.json"] = tokenizer, ["tokenizer_config.json"] = """{"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": "<|end|>"}""" },
        });
        Write("costs.json", Costs());
        Write("recipe.yaml", Recipe);
    }

    public string Folder { get; } = Directory.CreateTempSubdirectory("puzzle-tiny-").FullName;

    public static string Recipe => """
        parent: parent
        threads: 1
        data:
          sources: [{path: stories.txt, separator: ""}]
          validation: [{path: held-out.txt, separator: ""}]
          sequence_length: 32
        variants:
          attention: [gqa_2, linear, no_op]
          ffn: [50%, linear, no_op]
        init: {tokens: 2K}
        distill: {tokens: 8K, tokens_per_step: 256, checkpoint_minutes: 0.01}
        score: {tokens: 512, fit_pairs: 6}
        measure: {table: costs.json}
        target:
          scenarios:
            - {name: small, batches: [1], batch_cap: 1, prompt_tokens: 8, output_tokens: 8, limits: {max_params: 70%}}
        heal: {baselines: [homogeneous, depth], tokens: 64K, tokens_per_step: 256, evaluate_every: 32, evaluate_tokens: 256, checkpoint_minutes: 0.01}
        evaluate: {tasks: [questions.jsonl], limit: 20, tokens: 1K, window: 32, repeats: 1}
        """;

    public string PathOf(string name) => Path.Combine(Folder, name);

    public void Write(string name, string text) => File.WriteAllText(PathOf(name), text);

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    /// <summary>Names and bytes of the files of a folder.</summary>
    public static SortedDictionary<string, string> Bytes(string folder) =>
        new(Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).ToDictionary(file => Path.GetRelativePath(folder, file), file => Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(file)))), StringComparer.Ordinal);

    private static Transformer Create(int vocabulary)
    {
        manual_seed(11);
        var config = new ModelConfig
        {
            Family = "llama",
            HiddenSize = 32,
            VocabSize = vocabulary,
            Heads = 4,
            HeadDim = 8,
            TieWordEmbeddings = true,
            EosTokenIds = [0],
            Layers = [.. Enumerable.Repeat(new LayerSpec(new GroupedQuerySpec(4), new SwiGluSpec(64)), Layers)],
        };
        WeightReader reader = (_, rows, columns) => (columns is { } width ? randn([rows.Sum(), width]) * 0.15 : 1 + randn(rows.Sum()) * 0.1).DetachFromDisposeScope();
        var embedding = randn([vocabulary, config.HiddenSize]).DetachFromDisposeScope();
        return new Transformer(config, embedding, ones(config.HiddenSize).DetachFromDisposeScope(), embedding, config.Layers.Select(layer => new Block(
            VariantCatalogue.Of(layer.Attention).Read(layer.Attention, config, reader),
            VariantCatalogue.Of(layer.FeedForward).Read(layer.FeedForward, config, reader))));
    }

    private static string Costs()
    {
        var times = new Dictionary<string, double> { ["gqa_4"] = 0.4, ["gqa_2"] = 0.3, ["attn_linear"] = 0.1, ["ffn_64"] = 0.4, ["ffn_32"] = 0.25, ["ffn_linear"] = 0.1 };
        return new Core.Measurement.CostTable
        {
            Engine = "imported",
            Hardware = "a table of the test",
            Dtype = "f32",
            Workloads =
            [
                new(new(1, 8, 8), new(0.2, 0.1, 0.1), times.ToDictionary(pair => pair.Key, pair => new Core.Measurement.SubblockCost(pair.Value, pair.Value / 4, pair.Value / 3))),
            ],
        }.ToJson();
    }
}
