using Puzzle.Core.Recipes;
using Puzzle.Core.Stories;
using Puzzle.Core.Text;

namespace Puzzle.Core.Pretraining;

/// <summary>Generated stories as training windows, one story a window, with a weight for every token.</summary>
public static class StoryCorpus
{
    /// <summary>Marks the end of a document.</summary>
    public const string EndToken = "<|end|>";

    /// <summary>The tokenizer that is trained on the stories: the text of a <c>tokenizer.json</c>.</summary>
    public static string TrainTokenizer(PretrainRecipe recipe) =>
        BpeTrainer.Train(StoryFiles.TokenizerTexts((ulong)recipe.Seed, recipe.Stories.Difficulty), recipe.Architecture.VocabSize, [EndToken]);

    /// <summary>
    /// Ids and, aligned with them, weights: 0 for padding, 1 for text, the answer weight for words that follow from what is before
    /// them. The lessons come one after the other; of a story, as many questions are kept as the window has room for.
    /// </summary>
    public static (int[] Ids, int[] Weights) Build(ITokenizer tokenizer, PretrainRecipe recipe, int threads)
    {
        var end = tokenizer.Encode(EndToken).Single();
        var stories = recipe.Stories;
        var length = stories.SequenceLength;
        var windows = (int)(recipe.Train.Tokens / length);
        var (ids, weights) = (new int[windows * length], new int[windows * length]);
        Array.Fill(ids, end);
        var generators = stories.Lessons.Select(lesson => lesson.Difficulty).Append(stories.Difficulty)
            .Select(difficulty => new StoryGenerator((ulong)recipe.Seed, StorySplit.Train, difficulty)).ToArray();
        var ends = new int[generators.Length];
        var share = 0.0;
        for (var i = 0; i < ends.Length; i++)
            ends[i] = i == ends.Length - 1 ? windows : (int)(windows * Math.Min(1, share += stories.Lessons[i].Share));
        Parallel.For(0, windows, new ParallelOptions { MaxDegreeOfParallelism = threads }, window =>
        {
            var lesson = Array.FindIndex(ends, e => window < e);
            Fill(generators[lesson].At(window), ids.AsSpan(window * length, length), weights.AsSpan(window * length, length));
        });
        return (ids, weights);

        void Fill(Story story, Span<int> row, Span<int> weight)
        {
            var used = 0;
            var from = 0;
            // Text up to an answer, the answer, text up to the next: cut at spaces, so that the pieces have the tokens of the whole.
            foreach (var (start, size) in story.Answers)
            {
                var before = tokenizer.Encode(story.Text[from..start]);
                var answer = tokenizer.Encode(story.Text.Substring(start, size));
                if (used + before.Length + Math.Min(answer.Length, 8) + 2 > row.Length)
                    break;
                Put(before, 1, row, weight, ref used);
                Put(answer, stories.AnswerWeight, row, weight, ref used);
                from = start + size;
            }

            var close = story.Text.IndexOf('\n', from);
            Put(tokenizer.Encode(close < 0 ? story.Text[from..] : story.Text[from..close]), 1, row, weight, ref used);
            if (used < row.Length)
                weight[used] = 1;
        }

        static void Put(IReadOnlyList<int> tokens, int value, Span<int> row, Span<int> weight, ref int used)
        {
            foreach (var token in tokens)
            {
                if (used == row.Length)
                    return;
                (row[used], weight[used]) = (token, value);
                used++;
            }
        }
    }
}
