using System.Text.Json;
using Puzzle.Core.Stories;
using Puzzle.Core.Text;

namespace Puzzle.Core.Tests.Stories;

public sealed class StoryFilesTests(ITestOutputHelper output)
{
    [Fact]
    public void EveryCoreWordIsOneTokenOfTheTokenizerMadeForTheStories()
    {
        var tokenizer = HuggingFaceTokenizer.Parse(BpeTrainer.Train(StoryFiles.TokenizerTexts(1), 1_024, ["<s>", "</s>"]));
        Assert.InRange(tokenizer.VocabSize, 1, 1_024);
        Assert.All(StoryWords.Core, word => Assert.Single(tokenizer.Encode(" " + word)));
        var stories = new StoryGenerator(1, StorySplit.Train).Stories().Take(2_000).ToList();
        var lengths = stories.Select(s => tokenizer.Encode(s.Text).Length).Order().ToList();
        output.WriteLine($"{lengths.Average():F1} tokens a document, 5 % below {lengths[100]}, 5 % above {lengths[1_900]}, longest {lengths[^1]}");
        Assert.InRange(lengths.Average(), 60, 120);
        Assert.All(stories, s => Assert.Equal(s.Text, tokenizer.Decode(tokenizer.Encode(s.Text))));
    }

    [Fact]
    public void WritingTwiceGivesTheSameBytesAndEveryTask()
    {
        var folders = new[] { Directory.CreateTempSubdirectory().FullName, Directory.CreateTempSubdirectory().FullName };
        try
        {
            foreach (var folder in folders)
            {
                StoryFiles.Write(folder, seed: 11, documents: 200, validationQuestions: 15, testQuestions: 15, cancellationToken: TestContext.Current.CancellationToken);
            }

            var names = Directory.GetFiles(folders[0]).Select(Path.GetFileName).Order().ToList();
            Assert.Equal(13, names.Count);
            Assert.All(names, name => Assert.Equal(File.ReadAllBytes(Path.Combine(folders[0], name!)), File.ReadAllBytes(Path.Combine(folders[1], name!))));
            Assert.Equal(200, File.ReadAllText(Path.Combine(folders[0], "train.txt")).TrimEnd('\n').Split("\n\n").Length);
            foreach (var task in Enum.GetValues<StoryTask>())
            {
                foreach (var split in new[] { "validation", "test" })
                {
                    var lines = File.ReadAllLines(Path.Combine(folders[0], StoryFiles.TaskFile(split, task)));
                    Assert.Equal(15, lines.Length);
                    Assert.All(lines, line =>
                    {
                        using var question = JsonDocument.Parse(line);
                        Assert.Equal(["context", "choices", "gold"], question.RootElement.EnumerateObject().Select(p => p.Name));
                        Assert.InRange(question.RootElement.GetProperty("gold").GetInt32(), 0, question.RootElement.GetProperty("choices").GetArrayLength() - 1);
                    });
                }
            }
        }
        finally
        {
            foreach (var folder in folders)
            {
                Directory.Delete(folder, recursive: true);
            }
        }
    }
}
