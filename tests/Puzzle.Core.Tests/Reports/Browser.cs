using System.Diagnostics;
using System.Text.RegularExpressions;
using SkiaSharp;

namespace Puzzle.Core.Tests.Reports;

/// <summary>A real headless Chromium, driven by its command line only.</summary>
public static partial class Browser
{
    /// <summary>The browser's path; skips the running test where there is none.</summary>
    public static string Find()
    {
        string[] names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        var found = (Environment.GetEnvironmentVariable("PUZZLE_CHROMIUM") is { Length: > 0 } set ? [set] : Array.Empty<string>())
            .Concat(folders.SelectMany(f => names.Select(n => Path.Combine(f, n)))).FirstOrDefault(File.Exists);
        Assert.SkipWhen(found is null, "needs Chromium or Chrome on the PATH (or PUZZLE_CHROMIUM)");
        return found!;
    }

    /// <summary>A picture of the page, as it is in a window of that size.</summary>
    public static SKBitmap Picture(string html, int width, int height, bool dark, string? keepAs = null)
    {
        using var folder = new TemporaryFolder();
        var png = Path.Combine(folder.Path, "page.png");
        // Below 500 px a window of the browser does not narrow any further, so the page is put into a frame of the width asked for.
        var page = folder.Write("page.html", html);
        var frame = folder.Write("frame.html", $"<!DOCTYPE html><html><body style=\"margin:0\"><iframe src=\"page.html\" style=\"border:0;display:block;width:{width}px;height:{height}px\"></iframe></body></html>");
        Run([$"--screenshot={png}", $"--window-size={Math.Max(width, 500)},{height}", Theme(dark), new Uri(width < 500 ? frame : page).AbsoluteUri]);
        if (keepAs is not null)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(keepAs)!);
            File.Copy(png, keepAs, overwrite: true);
        }

        return SKBitmap.Decode(png);
    }

    /// <summary>Width of the page's content and of its view, in px, in a view of the width asked for.</summary>
    public static (int Content, int View, int Height) Measure(string html, int width)
    {
        using var folder = new TemporaryFolder();
        // The page itself forbids scripts: they stay in the frame around it, which reads its size.
        folder.Write("page.html", html);
        var frame = folder.Write("frame.html", $$"""
            <!DOCTYPE html><html><body style="margin:0"><iframe id="f" src="page.html" style="border:0;display:block;width:{{width}}px;height:900px"></iframe><script>
            const f = document.getElementById('f');
            f.onload = () => { const e = f.contentDocument.documentElement; document.body.dataset.size = e.scrollWidth + ' ' + e.clientWidth + ' ' + e.scrollHeight; };
            </script></body></html>
            """);
        var dom = Run(["--dump-dom", "--allow-file-access-from-files", $"--window-size={Math.Max(width, 500)},900", new Uri(frame).AbsoluteUri]);
        var match = Size().Match(dom);
        Assert.True(match.Success, "the browser did not report the page's size:\n" + dom[..Math.Min(dom.Length, 500)]);
        return (int.Parse(match.Groups[1].Value), int.Parse(match.Groups[2].Value), int.Parse(match.Groups[3].Value));
    }

    private static string Theme(bool dark) => $"--blink-settings=preferredColorScheme={(dark ? 0 : 1)}";

    private static string Run(string[] arguments)
    {
        using var profile = new TemporaryFolder();
        var start = new ProcessStartInfo(Find()) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        string[] common = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run", "--disable-dev-shm-usage", "--virtual-time-budget=2000", $"--user-data-dir={profile.Path}"];
        foreach (var argument in common.Concat(arguments))
            start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = process.StandardOutput.ReadToEnd();
        if (!process.WaitForExit(TimeSpan.FromSeconds(50)))
            process.Kill(entireProcessTree: true);
        Assert.True(process.ExitCode == 0, errors.Result);
        return output;
    }

    [GeneratedRegex("data-size=\"(\\d+) (\\d+) (\\d+)\"")]
    private static partial Regex Size();

    private sealed class TemporaryFolder : IDisposable
    {
        public string Path { get; } = Directory.CreateTempSubdirectory("puzzle-report-").FullName;

        public string Write(string name, string text)
        {
            var path = System.IO.Path.Combine(Path, name);
            File.WriteAllText(path, text);
            return path;
        }

        public void Dispose()
        {
            try
            {
                Directory.Delete(Path, recursive: true);
            }
            catch (IOException)
            {
                // A process of the browser may write its last file while its folder goes: what is left lies in the temporary folder.
            }
        }
    }
}
