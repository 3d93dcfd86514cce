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

    private readonly string _folder = Directory.CreateTempSubdirectory("puzzle-").FullName;

    [Fact]
    public void Children_of_every_mix_of_variants_say_the_same_in_llama_cpp()
    {
        var library = Interop.Library();
        var problems = new List<string>();
        double worst32 = 0, worst16 = 0;
        for (var seed = 0; seed < Architectures; seed++)
        {
            var random = new Random(seed);
            var config = Children.Random(random);
            Assert.Null(GgufExport.Problem(config));
            int[] ids = [.. Enumerable.Range(0, 64).Select(_ => random.Next(config.VocabSize))];
            foreach (var (type, bound) in new[] { (StoredType.F32, 1e-3), (StoredType.F16, 2e-2) })
            {
                var weights = Children.Weights(config, seed, sharp: type == StoredType.F32);
                using var child = ModelLoader.Load(new MemoryCheckpoint(config, weights));
                var expected = Comparison.LogProbabilities(child, ids);
                var file = Path.Combine(_folder, $"{seed}-{type}.gguf");
                GgufExport.Write(file, config, weights, new() { Type = type });
                var (model, session) = Comparison.Open(library, file);
                using (model)
                using (session)
                {
                    var difference = Comparison.Largest(expected, Comparison.LogProbabilities(session, ids));
                    (worst32, worst16) = type == StoredType.F32 ? (Math.Max(worst32, difference), worst16) : (worst32, Math.Max(worst16, difference));
                    if (difference > bound)
                        problems.Add($"{seed} {type}: {difference:G3} for {string.Join(" ", config.Layers)}, {config.RopeScaling?.Type}, tied {config.TieWordEmbeddings}, head {config.HeadDim}");
                    if (type == StoredType.F32 && Comparison.FirstDifference(child, session, ids[..8], 32) is { } step)
                        problems.Add($"{seed}: the greedy continuation differs at step {step}");
                }
            }
        }

        TestContext.Current.TestOutputHelper!.WriteLine($"{Architectures} architectures: largest difference of log-probabilities {worst32:G3} in F32, {worst16:G3} in F16");
        Assert.True(problems.Count == 0, string.Join("\n", problems));
    }

    [Theory]
    [InlineData("q_proj and k_proj in halves")]
    [InlineData("attention dropped")]
    [InlineData("width cut")]
    public void A_wrong_file_is_noticed(string fault)
    {
        var library = Interop.Library();
        var swiGlu = new SwiGluSpec(64);
        var config = Children.Random(new Random(3)) with { Layers = [new(new GroupedQuerySpec(2), swiGlu), new(new GroupedQuerySpec(4), new SwiGluSpec(96)), new(new GroupedQuerySpec(1), swiGlu)], Heads = 4 };
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
        GgufExport.Write(file, written, read, new() { Type = StoredType.F32 });
        var (model, session) = Comparison.Open(library, file);
        using (model)
        using (session)
            Assert.True(Comparison.Largest(Comparison.LogProbabilities(child, ids), Comparison.LogProbabilities(session, ids)) > 0.05);

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
