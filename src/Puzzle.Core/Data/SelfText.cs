using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Puzzle.Core.Models;
using Puzzle.Core.Recipes;
using Puzzle.Core.Runs;
using Puzzle.Core.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace Puzzle.Core.Data;

// R rows of a part, T tokens, V vocabulary

/// <summary>
/// Text sampled from the parent itself, for those who have no data. It is written in parts, each as reproducible as the
/// whole, so that an interrupted sampling goes on where it stopped.
/// </summary>
public static class SelfText
{
    private const int Rows = 32;
    private static readonly JsonSerializerOptions s_json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Samples what is not there yet.</summary>
    /// <param name="parent">The model.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <param name="self">How much, how.</param>
    /// <param name="length">Tokens a sample where the settings name none.</param>
    /// <param name="seed">Of the samples.</param>
    /// <param name="folder">Where the parts go: <c>part-00000.jsonl</c> and so on, one text a line.</param>
    /// <param name="progress">Told of tokens done and in all.</param>
    /// <param name="cancellation">Stops between parts.</param>
    /// <returns>The folder.</returns>
    public static string Sample(Transformer parent, ITokenizer tokenizer, SelfData self, int length, int seed, string folder, Action<long, long>? progress = null, CancellationToken cancellation = default)
    {
        length = self.Length ?? length;
        var parts = (int)((self.Tokens.Value + (long)Rows * length - 1) / ((long)Rows * length));
        Directory.CreateDirectory(folder);
        foreach (var old in Directory.EnumerateFiles(folder, "part-*.jsonl").Where(file => string.CompareOrdinal(Path.GetFileName(file), Name(parts)) >= 0))
            File.Delete(old);
        for (var part = 0; part < parts; part++)
        {
            cancellation.ThrowIfCancellationRequested();
            var file = Path.Combine(folder, Name(part));
            if (!File.Exists(file))
                AtomicFile.WriteText(file, Part(parent, tokenizer, self, length, ((ulong)seed << 20) + (ulong)part, part));
            progress?.Invoke((part + 1L) * Rows * length, (long)parts * Rows * length);
        }

        return folder;
    }

    private static string Name(int part) => string.Create(CultureInfo.InvariantCulture, $"part-{part:00000}.jsonl");

    private static string Part(Transformer parent, ITokenizer tokenizer, SelfData self, int length, ulong seed, int part)
    {
        var prompt = Prompt(tokenizer, self, part);
        var rows = Continue(parent, prompt, length, self, seed);
        var lines = new StringBuilder();
        foreach (var document in rows.SelectMany(row => Documents(row, tokenizer.EosId)))
        {
            // A start token is put back when the text is read.
            var body = tokenizer.BosId is { } bos && document[0] == bos && tokenizer.AddsBos ? document[1..] : document;
            if (tokenizer.Decode(body) is { Length: > 0 } text)
                lines.Append(JsonSerializer.Serialize(new Dictionary<string, string> { [JsonDocuments.TextColumn] = text }, s_json)).Append('\n');
        }

        return lines.ToString();
    }

    private static int[] Prompt(ITokenizer tokenizer, SelfData self, int part) => self.Prompts.Count > 0
        ? tokenizer.Encode(self.Prompts[part % self.Prompts.Count], addSpecial: true)
        : [(tokenizer.AddsBos ? tokenizer.BosId : null) ?? tokenizer.EosId ?? tokenizer.BosId ?? 0];

    // The model goes on behind the end of a document with the next one.
    private static IEnumerable<int[]> Documents(int[] row, int? end)
    {
        var start = 0;
        for (var i = 0; i <= row.Length; i++)
        {
            if (i < row.Length && row[i] != end)
                continue;
            if (i > start)
                yield return row[start..i];
            start = i + 1;
        }
    }

    private static int[][] Continue(Transformer parent, int[] prompt, int length, SelfData self, ulong seed)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        prompt = prompt.Length < length ? prompt : prompt[..(length - 1)];
        using var cache = new KvCache(parent.Config, Rows, length, parent.Device);
        var ids_RT = zeros([Rows, length], ScalarType.Int64);
        ids_RT.narrow(1, 0, prompt.Length).copy_(tensor(prompt.Select(id => (long)id).ToArray()).unsqueeze(0));
        var random = new Random((int)(seed ^ (seed >> 32)));
        var known = 0;
        for (var next = prompt.Length; next < length; next++)
        {
            using var inner = NewDisposeScope();
            var hidden_RTD = parent.Hidden(ids_RT.narrow(1, known, next - known).to(parent.Device), null, cache);
            var logits_RV = parent.Logits(hidden_RTD.narrow(1, hidden_RTD.shape[1] - 1, 1)).squeeze(1).cpu();
            var draws = tensor(Enumerable.Range(0, Rows).Select(_ => random.NextDouble()).ToArray()).unsqueeze(1);
            ids_RT.narrow(1, next, 1).copy_(Draw(logits_RV, draws, self.Temperature, self.TopP));
            known = next;
        }

        var flat = ids_RT.data<long>().ToArray();
        return [.. Enumerable.Range(0, Rows).Select(row => flat[(row * length)..((row + 1) * length)].Select(id => (int)id).ToArray())];
    }

    /// <summary>One token a row: [R, 1], int64.</summary>
    /// <param name="logits_RV">Of the next token.</param>
    /// <param name="draws">Uniform numbers in [0, 1): [R, 1], float64.</param>
    /// <param name="temperature">0 takes the most probable.</param>
    /// <param name="topP">Samples come from the most probable tokens that together have this probability.</param>
    internal static Tensor Draw(Tensor logits_RV, Tensor draws, double temperature, double topP)
    {
        if (temperature == 0)
            return logits_RV.argmax(-1, keepdim: true);
        var probabilities = nn.functional.softmax(logits_RV.to(ScalarType.Float64) / Held.Number(temperature), -1);
        if (topP >= 1)
            return (probabilities.cumsum(-1) <= draws).sum(-1, keepdim: true).clamp(max: Held.Number(logits_RV.shape[1] - 1));
        var (sorted, order) = probabilities.sort(-1, descending: true);
        var before = sorted.cumsum(-1) - sorted;
        sorted = sorted * (before < Held.Number(topP));
        var rank = (sorted.cumsum(-1) <= draws * sorted.sum(-1, keepdim: true)).sum(-1, keepdim: true);
        return order.gather(1, rank.clamp(max: Held.Number(logits_RV.shape[1] - 1)));
    }
}
