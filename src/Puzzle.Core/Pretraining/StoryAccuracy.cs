using Puzzle.Core.Models;
using Puzzle.Core.Stories;
using Puzzle.Core.Text;
using static TorchSharp.torch;

namespace Puzzle.Core.Pretraining;

// B batch, T tokens, D hidden, V vocabulary

/// <summary>How many held-out questions a model answers, a quick look while it is trained: each choice is one token, and the most probable one counts.</summary>
public static class StoryAccuracy
{
    private const int BatchSize = 50;

    /// <summary>The share of right answers for each kind of question.</summary>
    public static IReadOnlyDictionary<string, double> Of(Transformer model, ITokenizer tokenizer, IEnumerable<(string Kind, Question Question)> questions)
    {
        using var noGrad = no_grad();
        Dictionary<string, (int Right, int All)> found = [];
        foreach (var batch in questions.Chunk(BatchSize))
        {
            using var scope = NewDisposeScope();
            var rows = batch.Select(item => tokenizer.Encode(item.Question.Context)).ToArray();
            var longest = rows.Max(row => row.Length);
            var flat = new long[rows.Length * longest];
            for (var i = 0; i < rows.Length; i++)
            {
                for (var t = 0; t < rows[i].Length; t++)
                    flat[i * longest + t] = rows[i][t];
            }

            // Padding stands behind, where no token of the question sees it.
            var hidden_BTD = model.Hidden(tensor(flat).view(rows.Length, longest).to(model.Device));
            var last_B = tensor(rows.Select((row, i) => (long)i * longest + row.Length - 1).ToArray()).to(model.Device);
            var logits_BV = model.Logits(hidden_BTD.flatten(0, 1).index_select(0, last_B)).to(ScalarType.Float32).cpu();
            var values = logits_BV.data<float>().ToArray();
            for (var i = 0; i < rows.Length; i++)
            {
                var (kind, question) = batch[i];
                var choices = question.Choices.Select(choice => values[i * logits_BV.shape[1] + tokenizer.Encode(choice)[0]]).ToList();
                var (right, all) = found.GetValueOrDefault(kind);
                found[kind] = (right + (choices.IndexOf(choices.Max()) == question.Gold ? 1 : 0), all + 1);
            }
        }

        return found.ToDictionary(entry => entry.Key, entry => (double)entry.Value.Right / entry.Value.All);
    }
}
