using Puzzle.Core.Reports;
using YamlDotNet.RepresentationModel;

namespace Puzzle.Core.Tests.Reports;

public class ModelCardTests
{
    [Fact]
    public void FrontMatterHoldsWhatTheHubReads()
    {
        var card = ModelCard.Render(SampleReport.Full(), new ModelCardOptions { BaseModel = "HuggingFaceTB/SmolLM2-135M-Instruct", License = "apache-2.0", Languages = ["en"], Datasets = ["no"] });
        var root = FrontMatter(card);

        Assert.Equal("HuggingFaceTB/SmolLM2-135M-Instruct", Text(root, "base_model"));
        Assert.Equal("finetune", Text(root, "base_model_relation"));
        Assert.Equal("apache-2.0", Text(root, "license"));
        Assert.Equal(["puzzle", "pruning", "distillation"], ((YamlSequenceNode)root["tags"]).Select(t => ((YamlScalarNode)t).Value));
        Assert.Contains("- \"no\"", card);
        var model = (YamlMappingNode)((YamlSequenceNode)root["model-index"])[0];
        var results = (YamlSequenceNode)model["results"];
        Assert.Equal(6, results.Children.Count);
        Assert.Equal("hellaswag", Text((YamlMappingNode)results[0]["dataset"], "name"));
        Assert.Equal("0.418", Text((YamlMappingNode)((YamlSequenceNode)results[0]["metrics"])[0], "value"));
    }

    [Fact]
    public void BodySaysWhatWasRemovedAndHowItWasMade()
    {
        var data = SampleReport.Full();
        var card = ModelCard.Render(data);

        var layers = card.Split('\n').SkipWhile(l => l != "## What was removed").Skip(4).TakeWhile(l => l.StartsWith('|')).ToList();
        Assert.Equal(30, layers.Count);
        Assert.Equal("| 0 | gqa_3 | 100\u00A0% | ffn_1536 | 100\u00A0% |", layers[0]);
        Assert.Contains("**1.63×** the parent's generated tokens per second", card);
        Assert.Contains("| hellaswag | acc_norm | 43.1\u00A0% | 41.8\u00A0% | 97.0\u00A0% | 94.1\u00A0% to 99.9\u00A0% | 400 |", card);
        Assert.Contains("- Processor: AMD EPYC 9R14, 2 cores", card);
        Assert.Contains("```yaml\n" + data.Recipe!.TrimEnd() + "\n```", card);
    }

    [Fact]
    public void HostileNamesNeitherBreakTheFrontMatterNorBecomeMarkup()
    {
        const string hostile = "a\n---\nlicense: mit # | <script> ``` \" \\ : \u0085\u2028 {x} - ![i](http://x)";
        var data = HtmlReportTests.Hostilely(SampleReport.Full()) with { ChildName = hostile, Recipe = "x: 1\n````\n# out" };
        data = data with { Evaluation = [.. data.Evaluation!.Select(e => e with { Task = hostile })] };
        var card = ModelCard.Render(data, new ModelCardOptions { BaseModel = hostile, License = hostile, Tags = [hostile] });
        var root = FrontMatter(card);

        Assert.Equal(hostile, Text(root, "base_model"));
        Assert.Equal(hostile, Text(root, "license"));
        var body = card[(card.IndexOf("\n---\n", 4, StringComparison.Ordinal) + 5)..];
        Assert.DoesNotContain("<script>", body[..body.IndexOf("`````yaml", StringComparison.Ordinal)]);
        Assert.Contains("\n`````yaml\nx: 1\n````\n# out\n`````\n", body);
        Assert.DoesNotContain("![i]", body);
    }

    private static YamlMappingNode FrontMatter(string card)
    {
        Assert.StartsWith("---\n", card);
        var end = card.IndexOf("\n---\n", 4, StringComparison.Ordinal);
        var yaml = new YamlStream();
        yaml.Load(new StringReader(card[4..end]));
        return (YamlMappingNode)yaml.Documents[0].RootNode;
    }

    private static string? Text(YamlMappingNode node, string key) => ((YamlScalarNode)node[key]).Value;
}
