// The functions of D3 that the report uses (nmf_topics/views/report/assets/*.js). Everything else is left out.
export {
  axisBottom, axisLeft, extent, forceCollide, forceSimulation, forceX, forceY, interpolateLab, line, max, merge,
  quadtree, range, scaleLinear, scalePoint, scaleSqrt, select, sum, zoom, zoomIdentity,
} from "d3";
