using System.Xml;
using System.Xml.Linq;
using Puzzle.Core.Reports;

namespace Puzzle.Core.Tests.Reports;

public class HtmlReportTests
{
    public const string Hostile = "\"><script>alert(1)</script><img src=x onerror='alert(2)'>&amp;</title></style>\u0000\u0008\uD800\u202E]]>--!>";

    private static readonly XNamespace s_html = "http://www.w3.org/1999/xhtml";

    [Fact]
    public void PageIsWellFormedAndHasEverySection()
    {
        var page = Parse(HtmlReport.Render(SampleReport.Full()));

        var ids = page.Descendants(s_html + "section").Select(s => (string?)s.Attribute("id"));
        Assert.Equal(["architecture", "pareto", "evaluation", "models", "costs", "scores", "training", "stages", "repeat"], ids);
        Assert.Equal("SmolLM2-135M-Instruct → SmolLM2-82M-Puzzle", page.Descendants(s_html + "h1").Single().Value);
        Assert.Contains("1.63×", page.Descendants(s_html + "div").First(d => (string?)d.Attribute("class") == "tiles").Value);
        Assert.Contains("memory at most 96 MiB", page.Root!.Value);
    }

    [Fact]
    public void EverySectionButTheHeadlineIsOptional()
    {
        var data = new ReportData { Title = "t", ParentName = "p", ChildName = "c", Headline = new ReportHeadline() };
        var page = Parse(HtmlReport.Render(data));
        Assert.Empty(page.Descendants(s_html + "section"));
        Assert.DoesNotContain("NaN", page.Root!.Value);
    }

    [Fact]
    public void EveryCellSaysWhatItIsAndEveryTableHasACaption()
    {
        var page = Parse(HtmlReport.Render(SampleReport.Full()));

        var cells = page.Descendants(s_html + "g").Where(g => ((string?)g.Attribute("class") ?? "").StartsWith("cell", StringComparison.Ordinal)).ToList();
        Assert.Equal(2 * 30, cells.Count);
        Assert.All(cells, c => Assert.Matches(@"^Layer \d+, (attention|feed-forward): .+ of its parameters kept$", c.Element(s_html + "title")!.Value));
        var map = page.Descendants(s_html + "svg").Single(s => (string?)s.Attribute("class") == "map");
        Assert.Equal(12 * 30 + 2 * 30, map.Elements(s_html + "rect").Count(r => r.Element(s_html + "title") is not null));
        Assert.All(page.Descendants(s_html + "table"), t => Assert.NotEmpty(t.Element(s_html + "caption")!.Value));
        Assert.All(page.Descendants(s_html + "svg").Where(s => (string?)s.Attribute("role") == "img"), s => Assert.NotEmpty((string)s.Attribute("aria-label")!));
    }

    [Fact]
    public void PageStandsAlone()
    {
        var html = HtmlReport.Render(SampleReport.Full());
        Assert.DoesNotMatch(@"(?i)<script|<link|<img|<iframe|@import|url\(|https?://(?!www\.w3\.org/1999/xhtml)", html);
        Assert.All(Parse(html).Descendants().Attributes("href"), a => Assert.StartsWith("#", a.Value));
        Assert.InRange(html.Length, 10_000, 400_000);
    }

    [Fact]
    public void HostileTextStaysText()
    {
        var plain = Parse(HtmlReport.Render(SampleReport.Full()));
        var html = HtmlReport.Render(Hostilely(SampleReport.Full()));
        var page = Parse(html);

        string Shape(XDocument d) => string.Join(' ', d.Descendants().Select(e => e.Name.LocalName).Where(n => n is "script" or "img" or "style" or "title" or "section" or "table" or "pre"));
        Assert.DoesNotContain(page.Descendants(), e => e.Name.LocalName is "script" or "img");
        Assert.Empty(page.Descendants().Attributes().Select(a => a.Name.LocalName).Except(plain.Descendants().Attributes().Select(a => a.Name.LocalName)));
        Assert.Single(page.Descendants(s_html + "style"));
        Assert.Contains("<script>alert(1)</script>", page.Descendants(s_html + "h1").Single().Value);
        Assert.DoesNotMatch("[\u0000-\u0008\u202A-\u202E]", html);
        Assert.Equal(Shape(plain).Split(' ').Count(s => s == "section"), Shape(page).Split(' ').Count(s => s == "section"));
    }

    [Fact]
    public void NumbersThatAreNoNumbersBreakNothing()
    {
        double[] odd = [double.NaN, double.PositiveInfinity, double.NegativeInfinity, 0, -1, 1e300, -1e300, 1e-320, double.MaxValue];
        foreach (var v in odd)
        {
            var s = SampleReport.Full(3);
            var data = s with
            {
                Headline = s.Headline with { Speedup = v, Recovery = v, MemoryRatio = v, ParamsRatio = v, Seconds = v },
                Layers = [.. s.Layers!.Select(l => l with { AttentionKept = v, FeedForwardKept = v })],
                Scores = s.Scores! with { Values = [.. s.Scores.Values.Select(r => (IReadOnlyList<double?>)[v, null, 0.5])] },
                Pareto = s.Pareto! with { Points = [.. s.Pareto.Points.Select((p, i) => i == 0 ? p : p with { Quality = v, TokensPerS = v, MemoryMib = v })], Sweep = [new ParetoPoint("x", ParetoKind.Baseline, v, v)] },
                Costs = [.. s.Costs!.Select(c => c with { Predicted = v }), .. s.Costs!.Select(c => c with { Measured = v })],
                Curves = [.. s.Curves!.Select(c => c with { Series = [.. c.Series.Select(x => x with { Values = [.. x.Values.Select((y, i) => i % 2 == 0 ? v : y)] })] })],
                Evaluation = [.. s.Evaluation!.Select(e => e with { Parent = v, Child = v, Recovery = v, RecoveryLow = v, RecoveryHigh = v })],
                Memory = [new MemoryPoint(0, v), new MemoryPoint(v, 1)],
                Stages = [new StageTiming("a", v, v, v)],
            };
            var html = HtmlReport.Render(data);
            Assert.DoesNotMatch("NaN|Infinity|∞", Parse(html).ToString());
            Assert.Equal(data.ToJson(), ReportData.FromJson(data.ToJson()).ToJson());
        }
    }

    [Fact]
    public void TheIntervalStandsBesideTheRecovery()
    {
        var data = SampleReport.Full();
        var page = Parse(HtmlReport.Render(data with { Headline = data.Headline with { RecoveryLow = 0.9612, RecoveryHigh = 0.9934 } }));
        Assert.Contains("96.1\u00A0% to 99.3\u00A0%", page.Descendants(s_html + "div").First(d => (string?)d.Attribute("class") == "tiles").Value);
    }

    [Fact]
    public void EveryBaselineStandsInTheSweepsChart()
    {
        var data = SampleReport.Full();
        var front = data.Pareto! with { SweepPoints = [new("depth", ParetoKind.Baseline, 0.4, 300), new("child", ParetoKind.Child, 0.1, 310)] };
        var section = Parse(HtmlReport.Render(data with { Pareto = front })).Descendants(s_html + "section").Single(s => (string?)s.Attribute("id") == "pareto");
        Assert.Contains(section.Descendants(s_html + "circle"), c => c.Value.StartsWith("depth: predicted KL 0.4", StringComparison.Ordinal));
        Assert.Contains(section.Descendants(s_html + "caption"), c => c.Value == "Ways to choose, as predicted");
    }

    [Fact]
    public void TheDocumentHasTheNumbersAndNoPipesFromOutside()
    {
        var text = MarkdownReport.Render(SampleReport.Full());
        Assert.Contains("| child |", text);
        Assert.Contains("1.63×", text);
        Assert.DoesNotContain("NaN", text);
        var hostile = MarkdownReport.Render(Hostilely(SampleReport.Full()) with { Title = "a | b <script>" });
        Assert.DoesNotContain("<script>", hostile.Split("## Commands")[0]);
        Assert.Contains("a \\| b &lt;script&gt;", hostile);
    }

    [Fact]
    public void ReportOfAnEightyLayerModelStaysSmallAndStandsInTwoRows()
    {
        var page = Parse(HtmlReport.Render(SampleReport.Full(80)));
        Assert.Equal(2, page.Descendants(s_html + "svg").Count(s => (string?)s.Attribute("class") == "strip"));
    }

    [Fact]
    public void DataSurvivesJson()
    {
        var data = SampleReport.Full();
        var again = ReportData.FromJson(data.ToJson());
        Assert.Equal(HtmlReport.Render(data), HtmlReport.Render(again));
        Assert.Contains("\"block_params\": 61599360", data.ToJson());
    }

    public static XDocument Parse(string html)
    {
        using var reader = XmlReader.Create(new StringReader(html), new XmlReaderSettings { DtdProcessing = DtdProcessing.Ignore, XmlResolver = null });
        return XDocument.Load(reader);
    }

    /// <summary>The same data with every text replaced.</summary>
    public static ReportData Hostilely(ReportData s) => s with
    {
        Title = Hostile,
        ParentName = Hostile,
        ChildName = Hostile + new string('w', 200),
        ToolVersion = Hostile,
        Headline = s.Headline with { Scenario = Hostile, Missed = [Hostile], Speedups = new Dictionary<string, double?> { [Hostile] = null } },
        Layers = [.. s.Layers!.Select(l => l with { ParentAttention = Hostile, Attention = Hostile + "no_op", ParentFeedForward = Hostile, FeedForward = Hostile })],
        Scores = s.Scores! with { Metric = Hostile, Variants = [.. s.Scores.Variants.Select(_ => Hostile)] },
        Pareto = s.Pareto! with { QualityName = Hostile, SweepQualityName = Hostile + "2", Points = [.. s.Pareto.Points.Select(p => p with { Name = Hostile })] },
        Costs = [.. s.Costs!.Select(c => c with { Name = Hostile, Unit = Hostile })],
        Curves = [.. s.Curves!.Select(c => c with { Title = Hostile, StepName = Hostile, ValueName = Hostile, Series = [.. c.Series.Select(x => x with { Name = Hostile })] })],
        Evaluation = [.. s.Evaluation!.Select(e => e with { Task = Hostile, Metric = "acc" + Hostile })],
        Stages = [.. s.Stages!.Select(t => t with { Name = Hostile })],
        Recipe = Hostile,
        Environment = new Dictionary<string, string> { [Hostile] = Hostile },
        Commands = [Hostile],
        Notes = [Hostile],
    };
}
