namespace Puzzle.Core.Text;

/// <summary>A token recognised in text before the model sees it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Content">Its text.</param>
/// <param name="SingleWord">Only between characters that are not of a word.</param>
/// <param name="LStrip">Takes the white space before it along.</param>
/// <param name="RStrip">Takes the white space behind it along.</param>
/// <param name="Normalized">Matched in normalised text (and its own text normalised) rather than in the text as it stands.</param>
/// <param name="Special">Left out when decoding skips special tokens; plain text when special tokens are not parsed.</param>
public sealed record AddedToken(int Id, string Content, bool SingleWord = false, bool LStrip = false, bool RStrip = false, bool Normalized = false, bool Special = true);
