using System.Xml.Linq;
using Puzzle.Core.Reports;

namespace Puzzle.Core.Tests.Reports;

public class CompareReportTests
{
    private static readonly XNamespace s_html = "http://www.w3.org/1999/xhtml";

    [Fact]
    public void TwoRunsStandSideBySide()
    {
        var a = SampleReport.Full();
        var b = SampleReport.Full(seed: 9) with { Title = "other.yaml", Recipe = a.Recipe!.Replace("speedup: 1.6", "speedup: 2.17", StringComparison.Ordinal), Headline = a.Headline with { Speedup = 2.21, Recovery = 0.961 } };
        var page = HtmlReportTests.Parse(CompareReport.Render(a, b));

        Assert.Equal(["headline", "architecture", "pareto", "evaluation", "training", "stages", "recipe", "environment"], page.Descendants(s_html + "section").Select(s => (string?)s.Attribute("id")));
        var rows = page.Descendants(s_html + "tr").Select(r => string.Join('|', r.Elements().Select(e => e.Value))).ToList();
        Assert.Contains("Throughput, child / parent|1.63×|2.21×|+35.6\u00A0%", rows);
        Assert.Contains("Accuracy kept|97.8\u00A0%|96.1\u00A0%|−1.7\u00A0%", rows);
        var changed = page.Descendants(s_html + "span").Where(s => (string?)s.Attribute("class") is "add" or "cut").Select(s => s.Value);
        Assert.Equal(["−   speedup: 1.6", "+   speedup: 2.17"], changed);
        Assert.Contains("same environment", page.Root!.Value);
    }

    [Fact]
    public void ARunAgainstItselfHasNoDifferences()
    {
        var page = HtmlReportTests.Parse(CompareReport.Render(SampleReport.Full(), SampleReport.Full()));
        Assert.DoesNotContain(page.Descendants(s_html + "span"), s => (string?)s.Attribute("class") is "better" or "worse" or "add" or "cut");
    }

    [Fact]
    public void HostileRunsStayText()
    {
        var page = HtmlReportTests.Parse(CompareReport.Render(SampleReport.Full(), HtmlReportTests.Hostilely(SampleReport.Full())));
        Assert.DoesNotContain(page.Descendants(), e => e.Name.LocalName is "script" or "img");
        Assert.Contains("parents differ", page.Root!.Value);
        Assert.Contains("scenarios differ", page.Root.Value);
    }

    [Fact]
    public void NothingOverflowsSideways()
    {
        Browser.Find();
        var (content, view, _) = Browser.Measure(CompareReport.Render(SampleReport.Full(), HtmlReportTests.Hostilely(SampleReport.Full(80))), 480);
        Assert.InRange(content, 1, view);
    }
}
