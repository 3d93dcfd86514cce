using Puzzle.Core.Reports;
using SkiaSharp;

namespace Puzzle.Core.Tests.Reports;

/// <summary>The page as a real browser shows it. With PUZZLE_REPORT_PICTURES set to a folder the pictures are kept there.</summary>
public class BrowserTests
{
    [Theory]
    [InlineData(30, 1280)]
    [InlineData(30, 480)]
    [InlineData(8, 480)]
    [InlineData(80, 480)]
    [InlineData(80, 1280)]
    [InlineData(1, 320)]
    public void NothingOverflowsSideways(int layers, int width)
    {
        Browser.Find();
        foreach (var data in new[] { SampleReport.Full(layers), HtmlReportTests.Hostilely(SampleReport.Full(layers)) })
        {
            var (content, view, height) = Browser.Measure(HtmlReport.Render(data), width);
            Assert.Equal(width, view);
            Assert.InRange(content, 1, view);
            Assert.InRange(height, 1000, 30_000);
        }
    }

    [Theory]
    [InlineData(1280)]
    [InlineData(480)]
    public void PageFollowsTheTheme(int width)
    {
        Browser.Find();
        var html = HtmlReport.Render(SampleReport.Full());
        var folder = Environment.GetEnvironmentVariable("PUZZLE_REPORT_PICTURES");
        if (folder is not null)
        {
            File.WriteAllText(Path.Combine(Directory.CreateDirectory(folder).FullName, "report.html"), html);
            File.WriteAllText(Path.Combine(folder, "small.html"), HtmlReport.Render(SampleReport.Full(8)));
            File.WriteAllText(Path.Combine(folder, "compare.html"), CompareReport.Render(SampleReport.Full(), SampleReport.Full(12, 3) with { Title = "other.yaml", Recipe = "parent: x" }));
        }

        foreach (var dark in new[] { false, true })
        {
            var name = $"report-{width}-{(dark ? "dark" : "light")}.png";
            using var picture = Browser.Picture(html, width, 900, dark, folder is null ? null : Path.Combine(folder, name));
            picture.GetPixel(4, 4).ToHsl(out _, out _, out var light);
            Assert.True(dark ? light < 15 : light > 90, $"{name}: background lightness {light}");
            // Text, tiles and coloured marks: the page is drawn, not blank.
            var colours = new HashSet<SKColor>();
            for (var y = 0; y < 900; y += 2)
            {
                for (var x = 0; x < width; x += 2)
                    colours.Add(picture.GetPixel(x, y));
            }

            Assert.True(colours.Count > 100, $"{name}: only {colours.Count} colours");
        }
    }
}
