using System.Text.Encodings.Web;
using System.Text.Json;

namespace Puzzle.Core.Checkpoints;

/// <summary>How JSON files of a model folder are written: indented, and with characters as they are, as Python's tools do.</summary>
internal static class JsonLayout
{
    public static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
}
