using Puzzle.Core.Checkpoints;
using Puzzle.Core.Errors;
using Puzzle.Core.Models;
using Puzzle.Core.Tests;
using Puzzle.Core.Variants;
using Puzzle.Serving.LlamaCpp;

namespace Puzzle.Serving.Tests.LlamaCpp;

/// <summary>Children as GGUF files in llama.cpp itself: what it computes must be what the child says.</summary>
public sealed class GgufInLlamaCppTests : IDisposable
{
    private const int Architectures = 60;

    private static readonly (string What, Func<ModelConfig, bool> Has)[] Kinds =
    [
        ("tied embeddings", config => config.TieWordEmbeddings),
        ("an own head", config => !config.TieWordEmbeddings),
        ("llama3 scaling", config => config.RopeScaling?.Type == "llama3"),
        ("linear scaling", config => config.RopeScaling?.Type == "linear"),
        ("heads that do not share out the hidden size", config => config.Heads * config.HeadDim != config.HiddenSize),
        ("biases of q, k, v alone", config => config.QkvBias && !config.OutputBias),
        ("biases of q, k, v and o", config => config.OutputBias),
        ("biases in the network", config => config.MlpBias),
        ("norms of q and k", config => config.QkNorm),
        ("one KV head", config => config.Layers.Any(layer => layer.Attention is GroupedQuerySpec { KvHeads: 1 })),
        ("as many KV heads as heads", config => config.Layers.Any(layer => layer.Attention is GroupedQuerySpec { KvHeads: var heads } && heads == config.Heads)),
        ("linear attention", config => config.Layers.Any(layer => layer.Attention is LinearAttentionSpec)),
        ("no attention", config => config.Layers.Any(layer => layer.Attention is NoOpAttentionSpec)),
        ("attention without a network", config => config.Layers.Any(layer => layer is { Attention: GroupedQuerySpec, FeedForward: NoOpFeedForwardSpec })),
        ("a last layer without a network", config => config.Layers[^1].FeedForward is NoOpFeedForwardSpec),
        ("equal layers", config => config.Layers.All(layer => layer == config.Layers[0])),
    ];

    private readonly string _folder = Directory.CreateTempSubdirectory("puzzle-").FullName;

    [Fact]
    public void Children_of_every_mix_of_variants_say_the_same_in_llama_cpp()
    {
        var library = Interop.Library();
        var (problems, configs) = (new List<string>(), new List<ModelConfig>());
        List<double> exact = [], half = [], halfInFloat = [], rounding = [], weightRounding = [];
        for (var seed = 0; seed < Architectures; seed++)
        {
            var random = new Random(seed);
            var config = Children.Random(random);
            configs.Add(config);
            Assert.Null(GgufExport.Problem(config));
            int[] ids = [.. Enumerable.Range(0, 64).Select(_ => random.Next(config.VocabSize))];
            var weights = Children.Weights(config, seed);
            using var child = ModelLoader.Load(new MemoryCheckpoint(config, weights));
            var expected = Comparison.LogProbabilities(child, ids);
            var expectedHalf = Comparison.LogProbabilities(child, StoredType.F16, ids);
            using (var unrounded = ModelLoader.Load(new MemoryCheckpoint(config, Children.Unrounded(config, seed))))
                weightRounding.Add(Comparison.Largest(expected, Comparison.LogProbabilities(unrounded, ids)));
            rounding.Add(Comparison.Largest(expected, expectedHalf));
            foreach (var (type, says, bound, found) in new[] { (StoredType.F32, expected, 1e-3, exact), (StoredType.F16, expectedHalf, 2e-2, half) })
            {
                var file = Path.Combine(_folder, $"{seed}-{type}.gguf");
                GgufExport.Write(file, config, weights, new() { Type = type });
                var (model, session) = Comparison.Open(library, file);
                using (model)
                using (session)
                {
                    var theirs = Comparison.LogProbabilities(session, ids);
                    found.Add(Comparison.Largest(says, theirs));
                    if (type == StoredType.F16)
                        halfInFloat.Add(Comparison.Largest(expected, theirs));
                    if (!(found[^1] <= bound))
                        problems.Add($"{seed} {type}: {found[^1]:G3} for {config.Family}: {string.Join(" ", config.Layers)}, {config.RopeScaling?.Type}, tied {config.TieWordEmbeddings}, head {config.HeadDim}, biases {config.QkvBias} {config.OutputBias} {config.MlpBias}");
                    if (type == StoredType.F32 && Comparison.FirstDifference(child, session, ids[..8], 32) is { } step)
                        problems.Add($"{seed}: the greedy continuation differs at step {step}");
                }
            }
        }

        var output = TestContext.Current.TestOutputHelper!;
        output.WriteLine($"{Architectures} architectures, 64 tokens each, largest difference of log-probabilities: median and worst");
        foreach (var (what, values) in new[]
        {
            ("F32 file in llama.cpp against the child", exact), ("F16 file in llama.cpp against the child as ggml computes it", half),
            ("F16 file in llama.cpp against the child in float32", halfInFloat), ("the child as ggml computes it in F16 against float32", rounding),
            ("the child's weights rounded to F16 against unrounded, both in float32", weightRounding),
        })
            output.WriteLine($"{what}: {values.Order().ElementAt(values.Count / 2):G3}, {values.Max():G3}");
        foreach (var (what, has) in Kinds)
            Assert.True(configs.Any(has), $"no architecture with {what}");
        Assert.True(problems.Count == 0, string.Join("\n", problems));
    }

    [Theory]
    [InlineData(StoredType.BF16, 1e-3)]
    [InlineData(StoredType.Q8_0, 1e-2)]
    [InlineData(StoredType.Q4_0, 1e-2)]
    public void Smaller_types_say_what_ggmls_arithmetic_makes_of_the_file(StoredType type, double meanKl)
    {
        var library = Interop.Library();
        for (var seed = 0; seed < 12; seed++)
        {
            var config = Children.Random(new Random(seed));
            int[] ids = [.. Enumerable.Range(0, 64).Select(i => i * 37 % 96)];
            var file = Path.Combine(_folder, $"{seed}.gguf");
            GgufExport.Write(file, config, Children.Weights(config, seed), new() { Type = type });
            using var written = GgufFile.Open(file);
            using var read = ModelLoader.Load(written);
            var (model, session) = Comparison.Open(library, file);
            using (model)
            using (session)
                Assert.InRange(Comparison.MeanKl(Comparison.LogProbabilities(read, type, ids), Comparison.LogProbabilities(session, ids), config.VocabSize), -1e-6, meanKl);
        }
    }

    public static TheoryData<string, StoredType> Faults
    {
        get
        {
            var data = new TheoryData<string, StoredType>();
            foreach (var fault in new[] { "q_proj and k_proj in halves", "attention dropped", "width cut" })
            {
                data.Add(fault, StoredType.F32);
                data.Add(fault, StoredType.F16);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public void A_wrong_file_is_noticed(string fault, StoredType type)
    {
        var library = Interop.Library();
        var swiGlu = new SwiGluSpec(64);
        var config = Children.Random(new Random(3)) with { Family = "llama", QkNorm = false, Layers = [new(new GroupedQuerySpec(2), swiGlu), new(new GroupedQuerySpec(4), new SwiGluSpec(96)), new(new GroupedQuerySpec(1), swiGlu)], Heads = 4 };
        var weights = Children.Weights(config, 3);
        using var child = ModelLoader.Load(new MemoryCheckpoint(config, weights));
        int[] ids = [.. Enumerable.Range(0, 64).Select(i => i * 37 % 96)];
        var (written, read) = fault switch
        {
            "attention dropped" => (config, (ReadTensor)((name, values) => Cleared(name, "layers.1.self_attn.o_proj", values))),
            "width cut" => (config with { Layers = [config.Layers[0], new(new GroupedQuerySpec(4), swiGlu), config.Layers[2]] }, Cut),
            _ => (config, Halves),
        };
        var file = Path.Combine(_folder, "wrong.gguf");
        GgufExport.Write(file, written, read, new() { Type = type });
        var (model, session) = Comparison.Open(library, file);
        using (model)
        using (session)
        {
            // Ten times the looser bound.
            var expected = Comparison.LogProbabilities(child, type, ids);
            var theirs = Comparison.LogProbabilities(session, ids);
            Assert.True(Comparison.Largest(expected, theirs) > 0.2);
            Assert.True(Comparison.MeanKl(expected, theirs, config.VocabSize) > 0.01);
        }

        void Cleared(string name, string part, Span<float> values)
        {
            weights(name, values);
            if (name.Contains(part, StringComparison.Ordinal))
                values.Clear();
        }

        // Rows such that the writer's own turn into pairs leaves them in halves.
        void Halves(string name, Span<float> values)
        {
            weights(name, values);
            if (!name.EndsWith("q_proj.weight", StringComparison.Ordinal) && !name.EndsWith("k_proj.weight", StringComparison.Ordinal))
                return;
            var (source, columns, half) = (values.ToArray(), config.HiddenSize, config.HeadDim / 2);
            for (var row = 0; row < source.Length / columns; row++)
            {
                var (head, within) = (row / config.HeadDim, row % config.HeadDim);
                source.AsSpan(((head * config.HeadDim) + (within < half ? 2 * within : (2 * (within - half)) + 1)) * columns, columns).CopyTo(values[(row * columns)..]);
            }
        }

        void Cut(string name, Span<float> values)
        {
            if (!name.Contains("layers.1.mlp", StringComparison.Ordinal))
            {
                weights(name, values);
                return;
            }

            var wide = new float[96 * config.HiddenSize];
            weights(name, wide);
            if (!name.Contains("down_proj", StringComparison.Ordinal))
                wide.AsSpan(0, values.Length).CopyTo(values);
            for (var row = 0; name.Contains("down_proj", StringComparison.Ordinal) && row < config.HiddenSize; row++)
                wide.AsSpan(row * 96, 64).CopyTo(values[(row * 64)..]);
        }
    }

    [Fact]
    public void A_trained_model_and_its_child_say_the_same()
    {
        var library = Interop.Library();
        using var parent = CheckpointFile.Open(Shared.Path("models", "stories260K", "stories260K-f32-ggufv3.gguf"));
        var layers = parent.Config.Layers.ToList();
        layers[1] = layers[1] with { FeedForward = new NoOpFeedForwardSpec() };
        layers[2] = layers[2] with { Attention = new NoOpAttentionSpec() };
        layers[4] = layers[4] with { FeedForward = new NoOpFeedForwardSpec() };
        foreach (var config in new[] { parent.Config, parent.Config with { Layers = layers } })
        {
            using var child = ModelLoader.Load(new MemoryCheckpoint(config, parent.Read));
            int[] ids = [1, .. Enumerable.Range(0, 63).Select(i => 3 + (i * 37 % 500))];
            var expected = Comparison.LogProbabilities(child, ids);
            foreach (var (type, bound, mean) in new[] { (StoredType.F32, 1e-3, 1e-6), (StoredType.F16, 2e-2, 1e-4) })
            {
                var file = Path.Combine(_folder, $"trained-{type}.gguf");
                GgufExport.Write(file, config, parent.Read, new() { Type = type, Tokenizer = GgufTokenizerKeys.Copy(GgufMetadata.Read(parent.Path)) });
                var (model, session) = Comparison.Open(library, file);
                using (model)
                using (session)
                {
                    var theirs = Comparison.LogProbabilities(session, ids);
                    Assert.InRange(Comparison.Largest(expected, theirs), 0, bound);
                    Assert.InRange(Comparison.MeanKl(expected, theirs, config.VocabSize), -1e-6, mean);
                    Assert.Equal(session.VocabSize, config.VocabSize);
                    Assert.Equal(Puzzle.Core.Text.Tokenizers.Load(parent.Path).Encode("Once upon a time"), model.Tokenize("Once upon a time"));
                }
            }
        }
    }

    [Fact]
    public void A_file_that_is_no_model_is_refused_with_what_llama_cpp_says()
    {
        var library = Interop.Library();
        var file = Path.Combine(_folder, "no.gguf");
        File.WriteAllText(file, "GGUF and nothing else");
        Assert.Contains("llama.cpp refuses it", Assert.Throws<BadInputException>(() => LlamaCppModel.Open(library, file)).Message);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
