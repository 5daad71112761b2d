// Puzzles drawn at random: mazes and bits by code, Sudokus from a few that `draw-puzzles sudoku` drew (seed 41), with digits, rows and columns exchanged.
const sudokus = {
  "with 30 givens or more": [
    "9.8..7.41...9...6.4......35..3.2.87.5...31...2..89....8.16.3..2...28......2..96.7",
    "..4..2.7.6.23....9..94..2138..........78.6..195.23......675...4.7.....68....2..3.",
    "...8...5...8.....6.7154..928.....4.979.....3.4..3.72.528..315...6..8......36.4718",
    "47..26....96.4...213.5.8..4....1...9....83.4...1...7.8.53...4...19.3.28.78...265.",
    "47......36..8.3147......9..7..3.26..92.5.4...1569....2.1..852.9..81..7..54.......",
    "4....2.9..61.8...5987.356...3.5...7.....27.537.5..846937.69..2..9..531.7.........",
    ".9.5.216....89....523.1....96....32..34.2.7..1.2.....57......3....9..4...51.48.7.",
    "4158.2.79...6....3...5.124.1.....8...4926.7..768.1.4..9...8..2.3..7.4...8.6..3.54",
  ],
  "minimal, no guess needed": [
    "5..9...3..2.6......8....59.69...1.4.....86....3.4.......9.2..5.3..81..642....4...",
    ".7...6.8......95......536.1............1...42658...1...2.4...3...4......8.9.....5",
    ".5.68.....1......63.4....7..8..763.5......26...24.......3.....7..1.24........514.",
    ".5.4..7....67...1.9...3.5...8.......74....1.......84..2...1..3.....27.6...8..4..5",
    ".2.8....6..7......83....1.2.....1..79..6........9....4....27.5.5....32.13......48",
    "..3.....9.......7.516..........39.4.6...718...392.........9...7....8..5.84.6.....",
    "..2.5..9.17...9...9..1.73....6813...........64.....2........8....74...62.4.3..7..",
    "1.4....9.57.3.........76...41...........85..9......48....5.963...........8.632..5",
  ],
  "minimal, a few guesses": [
    "8.1..5..3..74.91..3...........87....2.....68.........9598..4..1..........3..16.5.",
    "75...9.3...2...1.........7.27.8..6...9.65.74....23.9...6..8......7...41.3..4.....",
    "...1.2..4..1.49.8.......13..8....9....7..1...69.7.5....5.28.....39........6...3..",
    ".3.....7....8......81....935.2...68..74.2..3.....4.......9..5.....4.6.....7.83.2.",
    "....86..546...5..175.3.............3.......729.....58....8...2.51..4.....7.1.36..",
    "..6..8..9....5.....8.32...4.......5.61........45...2.8.3.7..8...28.1.97.....821..",
    ".1....27..9...6......1....8.82.65...3..89....1...7......94....1....8..6.237....8.",
    "5..3.28.....7...537..5..1..6.1..5.378.2.9.6..........8....3..9.149.......5......4",
  ],
  "minimal, 5 to 10 guesses": [
    ".6...2....5......79...1..3.3...8.9...95....4....4..61....7.15..1......9....83....",
    "3..7....2.....81...46.9...7.3....9.......12..7.15.........6..3....4.7.....5.2.6.9",
    "...4.1...8.........1..76.4..3...76...4.6...73..21.....3..7..256.6.8.3.........8..",
    "......17.678...5.9.......4.2...7.......4...53..4..39...9...5...1.53.78......48...",
    "...3...1..8..1.2.57......8632...46.9...2.....498.7......7...4.81....5.2..4.......",
    "...5.2.......6..236.1.8.7....4.....7..6.1.9...934...6.9...5....8....763.......2..",
    ".......6.2..8..3..5.6....14.7..4...8...29......9...12.6....5.4..........1.4..3..6",
    ".865..4.2.2.....571.........9.....26..1.4.9....2..3.7..78.5.......28.......1.....",
  ],
};

export const difficulties = Object.keys(sudokus);

const below = count => Math.floor(Math.random() * count);

function shuffled(items) {
  const mixed = [...items];
  for (let i = mixed.length - 1; i > 0; i--) {
    const other = below(i + 1);
    [mixed[i], mixed[other]] = [mixed[other], mixed[i]];
  }
  return mixed;
}

/** A Sudoku of a difficulty as 81 characters: one of those above under a symmetry of the puzzle, which changes no difficulty. */
export function drawSudoku(difficulty) {
  const question = sudokus[difficulty][below(sudokus[difficulty].length)];
  const digits = shuffled("123456789");
  const lines = () => shuffled([0, 1, 2]).flatMap(band => shuffled([0, 1, 2]).map(line => 3 * band + line));
  const [rows, columns] = [lines(), lines()];
  return rows.flatMap(row => columns.map(column => question[9 * row + column])).map(token => (token === "." ? "." : digits[Number(token) - 1])).join("");
}

export const drawBits = count => Array.from({ length: count }, () => below(2)).join("");

/** A perfect maze of an odd side as lines of text, drawn depth first; S and G are the ends of its longest way. */
export function drawMaze(side) {
  const maze = Array.from({ length: side }, () => Array(side).fill("#"));
  const rooms = [[1, 1]];
  maze[1][1] = " ";
  while (rooms.length > 0) {
    const [row, column] = rooms.at(-1);
    const [step] = shuffled([[0, 2], [2, 0], [0, -2], [-2, 0]]).filter(([down, right]) => maze[row + down]?.[column + right] === "#");
    if (!step) {
      rooms.pop();
      continue;
    }
    maze[row + step[0] / 2][column + step[1] / 2] = " ";
    maze[row + step[0]][column + step[1]] = " ";
    rooms.push([row + step[0], column + step[1]]);
  }
  const start = farthest(maze, [1, 1]);
  const goal = farthest(maze, start);
  maze[start[0]][start[1]] = "S";
  maze[goal[0]][goal[1]] = "G";
  return maze.map(line => line.join("")).join("\n");
}

function farthest(maze, from) {
  const seen = new Set([String(from)]);
  const queue = [from];
  for (const [row, column] of queue) {
    for (const [down, right] of [[0, 1], [1, 0], [0, -1], [-1, 0]]) {
      const next = [row + down, column + right];
      if (maze[next[0]]?.[next[1]] === " " && !seen.has(String(next))) {
        seen.add(String(next));
        queue.push(next);
      }
    }
  }
  return queue.at(-1);
}
