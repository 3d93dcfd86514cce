using Puzzle.Core.Checkpoints;
using Puzzle.Core.Text;
using Puzzle.Serving.LlamaCpp;

namespace Puzzle.Benchmarks;

/// <summary>SmolLM2-135M-Instruct in from GGUF and out again: llama.cpp's perplexity of both.</summary>
internal sealed class ReexportBenchmark : IBenchmark
{
    private const int Tokens = 20_000;
    private const int Window = 512;

    public string Name => "reexport";

    public string Purpose => "SmolLM2-135M-Instruct from GGUF to GGUF: perplexity in llama.cpp of the original and of both re-exports";

    public BenchmarkResult Run(BenchmarkContext context)
    {
        var library = InstalledLlamaCpp.Find(context);
        var source = Directory.GetFiles(context.Shared("models", "smollm2-135m-instruct"), "*.gguf")[0];
        var work = context.WorkFolder("reexport");
        var text = File.ReadAllText(context.Shared("text", "wikitext-2", "test.txt"));
        var ids = Tokenizers.Load(source).Encode(text[..Math.Min(text.Length, 12 * Tokens)])[..Tokens];
        var files = new List<(string Name, string File)> { ("original (Q4_1)", source) };
        using (var model = GgufFile.Open(source))
        {
            foreach (var type in new[] { StoredType.F16, StoredType.Q8_0 })
            {
                files.Add(($"re-export {type}", Path.Combine(work, $"{type}.gguf")));
                GgufExport.Write(files[^1].File, model.Config, model.Read, new() { Type = type, Tokenizer = GgufTokenizerKeys.Copy(GgufMetadata.Read(source)) });
            }
        }

        var found = files.Select(file =>
        {
            var perplexity = Perplexity(library, file.File, ids);
            context.Say($"{file.Name}: perplexity {perplexity:F4}");
            return perplexity;
        }).ToArray();
        return new BenchmarkResult
        {
            Metrics = new Dictionary<string, double>
            {
                ["original_perplexity"] = found[0],
                ["f16_perplexity"] = found[1],
                ["q8_0_perplexity"] = found[2],
                ["f16_percent"] = 100 * Math.Abs((found[1] / found[0]) - 1),
                ["q8_0_percent"] = 100 * Math.Abs((found[2] / found[0]) - 1),
            },
            Tables =
            [
                new BenchmarkTable($"wikitext-2 test, first {Tokens:N0} tokens, {library.Version}", ["file", "perplexity", "against the original"],
                    [.. files.Zip(found).Select(pair => (IReadOnlyList<string>)[pair.First.Name, $"{pair.Second:F4}", $"{100 * ((pair.Second / found[0]) - 1):+0.000;-0.000} %"])]),
            ],
            Notes = [$"windows of {Window} tokens, the second half of each scored; cache in float32, no flash attention"],
        };
    }

    private static double Perplexity(LlamaCppLibrary library, string file, int[] ids)
    {
        using var model = LlamaCppModel.Open(library, file);
        using var session = new LlamaCppSession(model, new() { ContextTokens = Window, BatchTokens = Window });
        var (sum, count) = (0.0, 0);
        for (var start = 0; start + Window <= ids.Length; start += Window)
        {
            session.Clear();
            var tokens = new LlamaCppToken[Window];
            for (var i = 0; i < Window; i++)
                tokens[i] = new(ids[start + i], i, 0, WantsLogits: i >= Window / 2);
            session.Decode(tokens);
            for (var i = Window / 2; i < Window - 1; i++)
            {
                sum += Nll(session.Logits(i), ids[start + i + 1]);
                count++;
            }
        }

        return Math.Exp(sum / count);
    }

    private static double Nll(ReadOnlySpan<float> logits, int id)
    {
        double largest = float.NegativeInfinity, sum = 0;
        foreach (var logit in logits)
            largest = Math.Max(largest, logit);
        foreach (var logit in logits)
            sum += Math.Exp(logit - largest);
        return largest + Math.Log(sum) - logits[id];
    }
}
