using Puzzle.Core.Data;
using Puzzle.Core.Stories;
using Puzzle.Core.Text;

namespace Puzzle.Core.Pretraining;

/// <summary>Generated stories as training windows, with a weight for every token.</summary>
public static class StoryCorpus
{
    /// <summary>Marks the end of a document.</summary>
    public const string EndToken = "<|end|>";

    /// <summary>The tokenizer that is trained on the stories: the text of a <c>tokenizer.json</c>.</summary>
    public static string TrainTokenizer(PretrainOptions options) =>
        BpeTrainer.Train(StoryFiles.TokenizerTexts(options.Seed, options.Stories), options.VocabSize, [EndToken]);

    /// <summary>Packed ids and, aligned with them, weights: 0 for padding, 1 for text, the answer weight behind a question mark.</summary>
    public static (int[] Ids, int[] Weights) Build(ITokenizer tokenizer, StorySplit split, long tokens, PretrainOptions options)
    {
        var end = tokenizer.Encode(EndToken).Single();
        var question = tokenizer.Encode("?").Single();
        var newline = tokenizer.Encode("\n").Single();
        var ids = DocumentPacking.Pack(Documents(), options.WindowLength, end);
        return (ids, Weigh(ids));

        IEnumerable<int[]> Documents()
        {
            long taken = 0;
            foreach (var story in new StoryGenerator(options.Seed, split, options.Stories).Stories())
            {
                int[] document = [.. tokenizer.Encode(story.Text), end];
                yield return document;
                // Packing leaves a few percent of padding, so this is always enough.
                if ((taken += document.Length) >= tokens)
                    yield break;
            }
        }

        int[] Weigh(int[] packed)
        {
            var weights = new int[packed.Length];
            var answer = false;
            for (var i = 0; i < packed.Length; i++)
            {
                weights[i] = packed[i] == end && i > 0 && packed[i - 1] == end ? 0 : answer ? options.AnswerWeight : 1;
                answer = packed[i] == question || (answer && packed[i] != newline && packed[i] != end);
            }

            return weights;
        }
    }
}
